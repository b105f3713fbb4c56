// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.operation.KeyTransport;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.security.Key;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.spec.MGF1ParameterSpec;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.crypto.Cipher;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.digests.SHA1Digest;
import org.bouncycastle.crypto.encodings.OAEPEncoding;
import org.bouncycastle.crypto.engines.AESEngine;
import org.bouncycastle.crypto.engines.RFC5649WrapEngine;
import org.bouncycastle.crypto.engines.RSABlindedEngine;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.params.RSAKeyParameters;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Whole keys wrapped to an RSA key and back: against the JDK, against BouncyCastle, and against who changes them. */
interface TransportContract extends OnBench {
    /** Of keys that are wrapped: AES, EC and RSA, and what lies at the edge of a block. */
    List<Integer> LENGTHS = List.of(1, 8, 16, 31, 32, 66, 1217, 2374);

    @TestFactory
    default Stream<DynamicTest> wrapsForTheJdkAndUnwrapsWhatTheJdkWrapped() {
        return Stream.of(KeyClass.RSA_2048, KeyClass.RSA_3072, KeyClass.RSA_4096)
                .flatMap(keyClass -> Arrays.stream(KeyTransport.values())
                        .map(transport -> dynamicTest(transport + " to " + keyClass, () -> {
                            for (int length : keyClass.slow() ? List.of(16, 2374) : LENGTHS) {
                                byte[] plain = bench().random(length);
                                byte[] wrapped = wrap(transport, keyClass, plain);
                                assertEquals(KeyTransport.wrappedLength(keyClass.bytes(), length), wrapped.length);
                                assertArrayEquals(plain, jdkUnwrap(transport, keyClass, wrapped));
                                assertArrayEquals(plain, unwrap(transport, keyClass, wrapped));
                            }
                            for (int aesLength : new int[] {16, 24, 32}) {
                                byte[] plain = bench().random(70);
                                byte[] theirs = jdkWrap(transport, keyClass, bench().random(aesLength), plain);
                                assertArrayEquals(plain, unwrap(transport, keyClass, theirs));
                            }
                        })));
    }

    @Test
    default void unwrapsWhatBouncyCastleWrapped() throws Exception {
        PublicPart.Rsa part = part(KeyClass.RSA_2048);
        RSAKeyParameters key =
                new RSAKeyParameters(false, new BigInteger(1, part.modulus()), new BigInteger(1, part.exponent()));
        byte[] aesKey = bench().random(32);
        byte[] plain = bench().random(1219);
        OAEPEncoding oaep = new OAEPEncoding(new RSABlindedEngine(), new SHA1Digest());
        oaep.init(true, new ParametersWithRandom(key, new SecureRandom()));
        RFC5649WrapEngine wrapper = new RFC5649WrapEngine(AESEngine.newInstance());
        wrapper.init(true, new KeyParameter(aesKey));
        byte[] wrapped = joined(oaep.processBlock(aesKey, 0, 32), wrapper.wrap(plain, 0, plain.length));
        assertArrayEquals(plain, unwrap(KeyTransport.OAEP_SHA1, KeyClass.RSA_2048, wrapped));
    }

    @Test
    default void answersTheSameForEveryKindOfDamage() throws Exception {
        byte[] plain = bench().random(40);
        byte[] good = wrap(KeyTransport.OAEP_SHA256, KeyClass.RSA_2048, plain);
        for (int bit = 0; bit < 8 * good.length; bit += bit < 2048 ? 97 : 7) {
            fails(KeyTransport.OAEP_SHA256, Bench.flipped(good, bit));
        }
        fails(KeyTransport.OAEP_SHA1, good);
        fails(KeyTransport.OAEP_SHA384, good);
        byte[] above = good.clone();
        Arrays.fill(above, 0, 256, (byte) 0xff);
        fails(KeyTransport.OAEP_SHA256, above);
        for (int length :
                new int[] {0, 1, 255, 256, 257, 264, 271, good.length - 8, good.length - 1, good.length + 8}) {
            fails(KeyTransport.OAEP_SHA256, Arrays.copyOf(good, length));
        }
        byte[] rsaPart = Arrays.copyOf(good, 256);
        fails(KeyTransport.OAEP_SHA256, joined(rsaPart, new byte[48]));
        for (int aesLength : new int[] {0, 1, 15, 17, 33, 48}) {
            byte[] oaep = oaep(
                            KeyTransport.OAEP_SHA256,
                            Cipher.ENCRYPT_MODE,
                            JdkKey.of(KeyClass.RSA_2048).publicKey())
                    .doFinal(bench().random(aesLength));
            fails(KeyTransport.OAEP_SHA256, joined(oaep, Arrays.copyOfRange(good, 256, good.length)));
        }
        assertArrayEquals(plain, unwrap(KeyTransport.OAEP_SHA256, KeyClass.RSA_2048, good));
    }

    @Test
    default void neverWrapsTwiceAlike() {
        byte[] plain = bench().random(32);
        byte[] one = wrap(KeyTransport.OAEP_SHA1, KeyClass.RSA_2048, plain);
        byte[] other = wrap(KeyTransport.OAEP_SHA1, KeyClass.RSA_2048, plain);
        assertEquals(false, MessageDigest.isEqual(Arrays.copyOf(one, 256), Arrays.copyOf(other, 256)));
        assertEquals(
                false,
                MessageDigest.isEqual(
                        Arrays.copyOfRange(one, 256, one.length), Arrays.copyOfRange(other, 256, other.length)));
    }

    @TestFactory
    default Stream<DynamicTest> wrapsToNoUnfitPublicKey() {
        byte[] n = part(KeyClass.RSA_2048).modulus();
        byte[] e = {1, 0, 1};
        byte[] even = n.clone();
        even[255] &= (byte) 0xfe;
        byte[] short2047 = n.clone();
        short2047[0] = 0x7f;
        byte[] long4104 = new byte[513];
        Arrays.fill(long4104, (byte) 0xff);
        Map<String, PublicPart.Rsa> unfit = new LinkedHashMap<>();
        unfit.put("modulus of 1024 bits", new PublicPart.Rsa(Arrays.copyOfRange(n, 128, 256), e));
        unfit.put("modulus of 2047 bits", new PublicPart.Rsa(short2047, e));
        unfit.put("modulus of 4104 bits", new PublicPart.Rsa(long4104, e));
        unfit.put("modulus empty", new PublicPart.Rsa(new byte[0], e));
        unfit.put("modulus even", new PublicPart.Rsa(even, e));
        unfit.put("modulus with a zero byte before", new PublicPart.Rsa(joined(new byte[1], n), e));
        unfit.put("exponent empty", new PublicPart.Rsa(n, new byte[0]));
        unfit.put("exponent 1", new PublicPart.Rsa(n, new byte[] {1}));
        unfit.put("exponent 2", new PublicPart.Rsa(n, new byte[] {2}));
        unfit.put("exponent even", new PublicPart.Rsa(n, new byte[] {1, 0, 0}));
        unfit.put("exponent of 34 bits", new PublicPart.Rsa(n, new byte[] {2, 0, 0, 0, 1}));
        return unfit.entrySet().stream()
                .map(key -> dynamicTest(key.getKey(), () -> {
                    try (Arena arena = Arena.ofConfined()) {
                        assertEquals(
                                Engine.TRANSPORT_FAILED,
                                bench().engine()
                                        .wrapForTransport(
                                                KeyTransport.OAEP_SHA256,
                                                key.getValue(),
                                                arena.allocate(32),
                                                arena.allocate(1024)));
                    }
                }));
    }

    @Test
    default void wrapsToExponentsOtherThanTheUsual() {
        try (Arena arena = Arena.ofConfined()) {
            PublicPart.Rsa to = new PublicPart.Rsa(part(KeyClass.RSA_2048).modulus(), new byte[] {3});
            assertEquals(
                    256 + 40,
                    bench().engine()
                            .wrapForTransport(
                                    KeyTransport.OAEP_SHA256, to, arena.allocate(32), arena.allocate(256 + 40)));
        }
    }

    @Test
    default void stopsWhoGivesNoRoomOrNoRsaKey() {
        try (Arena arena = Arena.ofConfined()) {
            PublicPart.Rsa to = part(KeyClass.RSA_2048);
            MemorySegment plain = arena.allocate(32);
            Engine engine = bench().engine();
            assertThrows(
                    IllegalStateException.class,
                    () -> engine.wrapForTransport(KeyTransport.OAEP_SHA1, to, plain, arena.allocate(256 + 39)));
            MemorySegment wrapped = arena.allocate(256 + 40);
            try (EngineKey key = Bench.published(KeyClass.RSA_2048).load(engine);
                    EngineKey curve = Bench.published(KeyClass.P_256).load(engine)) {
                assertThrows(
                        IllegalStateException.class,
                        () -> engine.unwrapFromTransport(KeyTransport.OAEP_SHA1, key, wrapped, arena.allocate(31)));
                assertThrows(
                        IllegalStateException.class,
                        () -> engine.unwrapFromTransport(KeyTransport.OAEP_SHA1, curve, wrapped, plain));
            }
        }
    }

    private byte[] wrap(KeyTransport transport, KeyClass keyClass, byte[] plain) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(KeyTransport.wrappedLength(keyClass.bytes(), plain.length));
            int length = bench().engine()
                    .wrapForTransport(transport, part(keyClass), arena.allocateFrom(JAVA_BYTE, plain), out);
            return out.asSlice(0, length).toArray(JAVA_BYTE);
        }
    }

    private byte[] unwrap(KeyTransport transport, KeyClass keyClass, byte[] wrapped) {
        try (Arena arena = Arena.ofConfined();
                EngineKey key = Bench.published(keyClass).load(bench().engine())) {
            MemorySegment out = arena.allocate(wrapped.length);
            int length =
                    bench().engine().unwrapFromTransport(transport, key, arena.allocateFrom(JAVA_BYTE, wrapped), out);
            return out.asSlice(0, length).toArray(JAVA_BYTE);
        }
    }

    private void fails(KeyTransport transport, byte[] wrapped) {
        try (Arena arena = Arena.ofConfined();
                EngineKey key = Bench.published(KeyClass.RSA_2048).load(bench().engine())) {
            MemorySegment out = arena.allocate(Math.max(wrapped.length, 1));
            int length =
                    bench().engine().unwrapFromTransport(transport, key, arena.allocateFrom(JAVA_BYTE, wrapped), out);
            assertEquals(Engine.TRANSPORT_FAILED, length);
            assertArrayEquals(new byte[(int) out.byteSize()], out.toArray(JAVA_BYTE));
        }
    }

    private static PublicPart.Rsa part(KeyClass keyClass) {
        return (PublicPart.Rsa) Bench.published(keyClass).publicPart();
    }

    private static byte[] jdkWrap(KeyTransport transport, KeyClass keyClass, byte[] aesKey, byte[] plain)
            throws Exception {
        Cipher aes = Cipher.getInstance("AES/KWP/NoPadding");
        aes.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(aesKey, "AES"));
        Cipher rsa = oaep(transport, Cipher.ENCRYPT_MODE, JdkKey.of(keyClass).publicKey());
        return joined(rsa.doFinal(aesKey), aes.doFinal(plain));
    }

    private static byte[] jdkUnwrap(KeyTransport transport, KeyClass keyClass, byte[] wrapped) throws Exception {
        Cipher rsa = oaep(transport, Cipher.DECRYPT_MODE, JdkKey.of(keyClass).privateKey());
        byte[] aesKey = rsa.doFinal(wrapped, 0, keyClass.bytes());
        assertEquals(32, aesKey.length);
        Cipher aes = Cipher.getInstance("AES/KWP/NoPadding");
        aes.init(Cipher.DECRYPT_MODE, new SecretKeySpec(aesKey, "AES"));
        return aes.doFinal(wrapped, keyClass.bytes(), wrapped.length - keyClass.bytes());
    }

    private static Cipher oaep(KeyTransport transport, int mode, Key key) throws Exception {
        String hash = transport.name().replace("OAEP_SHA", "SHA-");
        Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPPadding");
        cipher.init(
                mode,
                key,
                new OAEPParameterSpec(hash, "MGF1", new MGF1ParameterSpec(hash), PSource.PSpecified.DEFAULT));
        return cipher;
    }

    private static byte[] joined(byte[] one, byte[] other) {
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }
}
