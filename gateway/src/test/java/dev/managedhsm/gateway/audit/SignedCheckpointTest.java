// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;

/** Checkpoints and the keys that sign them. */
class SignedCheckpointTest {
    private static final String ORIGIN = "hsm1.hsm.example/audit";

    private final AuditSigner signer = AuditSigner.generate(ORIGIN, new SecureRandom());
    private final byte[] root = new MerkleTree().root();

    /** The example of the package sumdb/note of Go. */
    @Test
    void verifiesAPublishedSignedNote() {
        LogKey key = LogKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
        assertNotNull(key);
        byte[] signed = Base64.getDecoder()
                .decode("x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=");
        byte[] text = """
                If you think cryptography is the answer to your problem,
                then you don't know what your problem is.
                """.getBytes(StandardCharsets.UTF_8);
        assertEquals(key.id(), java.util.HexFormat.of().formatHex(signed, 0, 4));
        assertTrue(key.verifies(text, Arrays.copyOfRange(signed, 4, signed.length)));
        text[0] ^= 1;
        assertFalse(key.verifies(text, Arrays.copyOfRange(signed, 4, signed.length)));
    }

    @Test
    void refusesAKeyWhoseIdIsNotItsOwn() {
        assertNull(LogKey.parse("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"));
        assertNull(LogKey.parse("PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"));
        assertNull(LogKey.parse("PeterNeumann+c74f20a3+"));
        assertNull(LogKey.parse(""));
    }

    @Test
    void saysWhatWasSigned() {
        SignedCheckpoint made = SignedCheckpoint.sign(signer, 17, root, 3, 1_767_225_600_000L);
        SignedCheckpoint read = SignedCheckpoint.parse(made.text());
        assertNotNull(read);
        assertEquals(made, read);
        assertEquals(17, read.size());
        assertEquals(3, read.number());
        assertEquals(1_767_225_600_000L, read.timeMillis());
        assertEquals(ORIGIN, read.origin());
        assertTrue(read.signedBy(signer.publicKey()));
        assertFalse(
                read.signedBy(AuditSigner.generate(ORIGIN, new SecureRandom()).publicKey()));
        String[] lines = made.text().split("\n", -1);
        assertEquals("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", lines[2]);
        assertEquals("number 3", lines[3]);
        assertEquals("time 1767225600000", lines[4]);
    }

    @Test
    void noTextWithAnyByteChangedIsASignedCheckpoint() {
        byte[] text = SignedCheckpoint.sign(signer, 17, root, 3, 5).text().getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < text.length; i++) {
            byte[] changed = text.clone();
            changed[i] ^= (byte) (1 << i % 8);
            SignedCheckpoint read = SignedCheckpoint.parse(new String(changed, StandardCharsets.UTF_8));
            assertFalse(read != null && read.signedBy(signer.publicKey()), "byte " + i);
        }
    }

    @Test
    void refusesMoreOrLessThanACheckpoint() {
        String text = SignedCheckpoint.sign(signer, 17, root, 3, 5).text();
        assertNull(SignedCheckpoint.parse(text + "\n"));
        assertNull(SignedCheckpoint.parse("\n" + text));
        assertNull(SignedCheckpoint.parse(text.substring(0, text.length() - 1)));
        assertNull(SignedCheckpoint.parse(""));
        assertNull(SignedCheckpoint.parse(text.replace("\n17\n", "\n017\n")));
    }

    @Test
    void aSignerIsReadBackFromItsBytes() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(AuditSigner.LENGTH);
            signer.writeTo(bytes);
            AuditSigner read = AuditSigner.read(ORIGIN, bytes);
            assertEquals(signer.publicKey(), read.publicKey());
            assertTrue(SignedCheckpoint.sign(read, 1, root, 3, 2).signedBy(signer.publicKey()));
            bytes.set(java.lang.foreign.ValueLayout.JAVA_BYTE, 3, (byte)
                    ~bytes.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 3));
            assertThrows(IllegalArgumentException.class, () -> AuditSigner.read(ORIGIN, bytes));
        }
    }

    @Test
    void laterKeysAreSignedByThoseBeforeThem() throws AuditRefused {
        AuditSigner second = AuditSigner.generate(ORIGIN, new SecureRandom());
        AuditSigner third = AuditSigner.generate(ORIGIN, new SecureRandom());
        AuditKeys keys = AuditKeys.begin(signer, 0, 1)
                .rotate(signer, second.publicKey(), 10, 2)
                .rotate(second, third.publicKey(), 10, 3);
        AuditKeys read = AuditKeys.parse(keys.text());
        assertEquals(keys.text(), read.text());
        assertEquals(third.publicKey(), read.last().key());
        assertTrue(read.signed(SignedCheckpoint.sign(signer, 9, root, 3, 4)));
        assertTrue(read.signed(SignedCheckpoint.sign(signer, 10, root, 3, 4)));
        assertFalse(read.signed(SignedCheckpoint.sign(signer, 11, root, 3, 4)));
        assertFalse(read.signed(SignedCheckpoint.sign(third, 9, root, 3, 4)));
        assertTrue(read.signed(SignedCheckpoint.sign(third, 11, root, 3, 4)));
        AuditSigner stranger = AuditSigner.generate(ORIGIN, new SecureRandom());
        assertFalse(read.signed(SignedCheckpoint.sign(stranger, 11, root, 3, 4)));
        assertThrows(IllegalArgumentException.class, () -> read.rotate(second, stranger.publicKey(), 20, 5));
    }

    @Test
    void noKeysAreReadFromAFileWithAnyByteChanged() {
        AuditSigner second = AuditSigner.generate(ORIGIN, new SecureRandom());
        byte[] text = AuditKeys.begin(signer, 3, 1)
                .rotate(signer, second.publicKey(), 10, 2)
                .text()
                .getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < text.length; i++) {
            byte[] changed = text.clone();
            changed[i] ^= (byte) (1 << i % 8);
            assertThrows(
                    AuditRefused.class,
                    () -> AuditKeys.parse(new String(changed, StandardCharsets.UTF_8)),
                    "byte " + i);
        }
    }
}
