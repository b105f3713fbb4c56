// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the engine does for the HSM itself: sealing records, deriving keys, making random bytes, testing itself. */
interface SealingContract extends OnBench {
    @Test
    default void sealsAsTheJdkDoes() throws GeneralSecurityException {
        byte[] key = bench().random(32);
        byte[] nonce = bench().random(12);
        byte[] aad = bench().random(33);
        try (Arena arena = Arena.ofConfined();
                Sealer sealer = bench().engine().sealer(arena.allocateFrom(JAVA_BYTE, key))) {
            for (int length : new int[] {0, 1, 16, 2400, 100_000}) {
                byte[] plain = bench().random(length);
                MemorySegment sealed = arena.allocate(length + Sealer.TAG_LENGTH);
                sealer.seal(nonce, aad, arena.allocateFrom(JAVA_BYTE, plain), sealed);
                Cipher jdk = Cipher.getInstance("AES/GCM/NoPadding");
                jdk.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, nonce));
                jdk.updateAAD(aad);
                assertArrayEquals(jdk.doFinal(plain), sealed.toArray(JAVA_BYTE));
                // The JDK refuses a nonce that it has seen with a key.
                nonce = bench().random(12);
                MemorySegment opened = arena.allocate(length);
                assertFalse(sealer.open(nonce, aad, sealed, opened));
            }
        }
    }

    @Test
    default void opensNothingThatWasChanged() {
        byte[] nonce = bench().random(12);
        byte[] aad = bench().random(20);
        byte[] plain = bench().random(40);
        try (Arena arena = Arena.ofConfined();
                Sealer sealer = bench().engine().sealer(arena.allocateFrom(JAVA_BYTE, bench().random(32)))) {
            MemorySegment sealed = arena.allocate(plain.length + Sealer.TAG_LENGTH);
            MemorySegment opened = arena.allocate(plain.length);
            sealer.seal(nonce, aad, arena.allocateFrom(JAVA_BYTE, plain), sealed);
            assertTrue(sealer.open(nonce, aad, sealed, opened));
            assertArrayEquals(plain, opened.toArray(JAVA_BYTE));
            byte[] good = sealed.toArray(JAVA_BYTE);
            for (int bit = 0; bit < 8 * good.length; bit++) {
                opened.fill((byte) 0x5a);
                MemorySegment changed = arena.allocateFrom(JAVA_BYTE, Bench.flipped(good, bit));
                assertFalse(sealer.open(nonce, aad, changed, opened));
                assertArrayEquals(new byte[plain.length], opened.toArray(JAVA_BYTE));
            }
            assertFalse(sealer.open(Bench.flipped(nonce, 5), aad, sealed, opened));
            assertFalse(sealer.open(nonce, Bench.flipped(aad, 0), sealed, opened));
            assertFalse(sealer.open(nonce, new byte[0], sealed, opened));
        }
    }

    @Test
    default void keepsNothingOfTheKeyGivenToASealer() {
        byte[] nonce = new byte[12];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment key = arena.allocateFrom(JAVA_BYTE, bench().random(32));
            try (Sealer sealer = bench().engine().sealer(key)) {
                MemorySegment sealed = arena.allocate(24);
                sealer.seal(nonce, nonce, arena.allocate(8), sealed);
                key.fill((byte) 0);
                assertTrue(sealer.open(nonce, nonce, sealed, arena.allocate(8)));
            }
        }
    }

    @Test
    default void closesSealersTwice() {
        try (Arena arena = Arena.ofConfined()) {
            Sealer sealer = bench().engine().sealer(arena.allocate(32));
            sealer.close();
            sealer.close();
        }
    }

    @Test
    default void derivesAsTheStandardSays() throws GeneralSecurityException {
        byte[] label = "sealing records".getBytes(StandardCharsets.US_ASCII);
        for (int keyLength : new int[] {16, 32, 64, 128, 200}) {
            for (int length : new int[] {1, 16, 32, 63, 64, 65, 200}) {
                byte[] key = bench().random(keyLength);
                byte[] context = bench().random(length % 40);
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment out = arena.allocate(length);
                    bench().engine().derive(arena.allocateFrom(JAVA_BYTE, key), label, context, out);
                    assertArrayEquals(derived(key, label, context, length), out.toArray(JAVA_BYTE));
                }
            }
        }
    }

    @Test
    default void derivesOverContextsAsLongAsRecordsAre() throws GeneralSecurityException {
        byte[] label = "mark".getBytes(StandardCharsets.US_ASCII);
        byte[] key = bench().random(32);
        // Around the 4 KiB up to which a call of the library is a short one: counter, label, separator and length are
        // 13.
        for (int contextLength : new int[] {4082, 4083, 4084, 64 * 1024}) {
            byte[] context = bench().random(contextLength);
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment out = arena.allocate(16);
                bench().engine().derive(arena.allocateFrom(JAVA_BYTE, key), label, context, out);
                assertArrayEquals(derived(key, label, context, 16), out.toArray(JAVA_BYTE));
            }
        }
    }

    /** NIST SP 800-108r1 section 4.1, written from the standard over the JDK's HMAC. */
    private static byte[] derived(byte[] key, byte[] label, byte[] context, int length)
            throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA512");
        mac.init(new SecretKeySpec(key, "HmacSHA512"));
        ByteBuffer out = ByteBuffer.allocate((length + 63) / 64 * 64);
        for (int i = 1; out.hasRemaining(); i++) {
            ByteBuffer block = ByteBuffer.allocate(9 + label.length + context.length);
            block.putInt(i).put(label).put((byte) 0).put(context).putInt(8 * length);
            out.put(mac.doFinal(block.array()));
        }
        return Arrays.copyOf(out.array(), length);
    }

    @Test
    default void derivesOtherKeysForOtherLabelsAndContexts() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment key = arena.allocateFrom(JAVA_BYTE, bench().random(32));
            MemorySegment one = arena.allocate(32);
            MemorySegment other = arena.allocate(32);
            bench().engine().derive(key, new byte[] {1, 2}, new byte[] {3}, one);
            bench().engine().derive(key, new byte[] {1}, new byte[] {2, 3}, other);
            assertTrue(one.mismatch(other) >= 0);
        }
    }

    @Test
    default void sealsContentAsTheJdkDoes() throws GeneralSecurityException {
        byte[] key = bench().random(Engine.CONTENT_KEY_LENGTH);
        byte[] aad = bench().random(77);
        for (int length : new int[] {0, 1, 15, 16, 17, 4096, 300_000}) {
            byte[] iv = bench().random(Engine.CONTENT_IV_LENGTH);
            byte[] plain = bench().random(length);
            byte[] sealed = sealedContent(key, iv, aad, plain);
            assertArrayEquals(contentOfTheJdk(key, iv, aad, plain), sealed);
            assertArrayEquals(plain, openedContent(key, iv, aad, sealed));
        }
    }

    @Test
    default void opensNoContentThatWasChanged() {
        byte[] key = bench().random(Engine.CONTENT_KEY_LENGTH);
        byte[] iv = bench().random(Engine.CONTENT_IV_LENGTH);
        byte[] aad = bench().random(5);
        byte[] sealed = sealedContent(key, iv, aad, bench().random(40));
        for (int bit = 0; bit < 8 * sealed.length; bit++) {
            assertNull(openedContent(key, iv, aad, Bench.flipped(sealed, bit)));
        }
        assertNull(openedContent(key, Bench.flipped(iv, 3), aad, sealed));
        assertNull(openedContent(key, iv, Bench.flipped(aad, 3), sealed));
        assertNull(openedContent(Bench.flipped(key, 0), iv, aad, sealed));
        for (int length = Engine.CONTENT_TAG_LENGTH; length < sealed.length; length++) {
            assertNull(openedContent(key, iv, aad, Arrays.copyOf(sealed, length)));
        }
    }

    private byte[] sealedContent(byte[] key, byte[] iv, byte[] aad, byte[] plain) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(Engine.sealedContentLength(plain.length));
            bench().engine()
                    .sealContent(
                            arena.allocateFrom(JAVA_BYTE, key),
                            arena.allocateFrom(JAVA_BYTE, iv),
                            aad,
                            arena.allocateFrom(JAVA_BYTE, plain),
                            out);
            return out.toArray(JAVA_BYTE);
        }
    }

    /** Null if it does not open; then nothing was written. */
    private byte @Nullable [] openedContent(byte[] key, byte[] iv, byte[] aad, byte[] sealed) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(sealed.length);
            int length = bench().engine()
                    .openContent(
                            arena.allocateFrom(JAVA_BYTE, key),
                            arena.allocateFrom(JAVA_BYTE, iv),
                            aad,
                            arena.allocateFrom(JAVA_BYTE, sealed),
                            out);
            if (length == Engine.CONTENT_NOT_OURS) {
                assertArrayEquals(new byte[sealed.length], out.toArray(JAVA_BYTE));
                return null;
            }
            return out.asSlice(0, length).toArray(JAVA_BYTE);
        }
    }

    private static byte[] contentOfTheJdk(byte[] key, byte[] iv, byte[] aad, byte[] plain)
            throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/CBC/PKCS5Padding");
        cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, 32, 32, "AES"), new IvParameterSpec(iv));
        byte[] ciphertext = cipher.doFinal(plain);
        Mac mac = Mac.getInstance("HmacSHA512");
        mac.init(new SecretKeySpec(key, 0, 32, "HmacSHA512"));
        mac.update(aad);
        mac.update(iv);
        mac.update(ciphertext);
        byte[] tag = mac.doFinal(ByteBuffer.allocate(8).putLong(8L * aad.length).array());
        return ByteBuffer.allocate(ciphertext.length + 32)
                .put(ciphertext)
                .put(tag, 0, 32)
                .array();
    }

    @Test
    default void makesRandomBytesOfEveryLength() {
        try (Arena arena = Arena.ofConfined()) {
            for (int length : new int[] {0, 1, 16, 4096, 200_000}) {
                MemorySegment out = arena.allocate(length);
                bench().engine().random(out);
                int ones = 0;
                for (byte b : out.toArray(JAVA_BYTE)) {
                    ones += Integer.bitCount(b & 0xff);
                }
                // Six standard deviations: fails by chance once in 500 million runs.
                assertEquals(4.0 * length, ones, 6 * Math.sqrt(2.0 * length));
            }
        }
    }

    @Test
    default void passesItsSelfTestAgain() {
        bench().engine().selfTest();
        assertFalse(bench().engine().description().isBlank());
    }
}
