// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.RootKey;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.crypto.seal.SealPurpose;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AttestationKeyTest {
    private static final Engine ENGINE = Engines.choose();
    private static final byte[] MESSAGE = "statement".getBytes(StandardCharsets.US_ASCII);

    private final RootKey root = RootKey.create(ENGINE);
    private final BackupFixture hsm = new BackupFixture(ENGINE, root, "hsm");
    private final AtomicInteger made = new AtomicInteger();

    @AfterEach
    void close() {
        hsm.close();
        root.close();
    }

    /** Its certificates are the point, then a signature of the point by the new key. */
    private AttestationKey open() {
        return new AttestationKey(ENGINE, hsm.recordSeal(), hsm.lifecycle, (key, signer) -> {
            made.incrementAndGet();
            byte[] point = new byte[64];
            System.arraycopy(key.x(), 0, point, 0, 32);
            System.arraycopy(key.y(), 0, point, 32, 32);
            byte[] certificate = Arrays.copyOf(point, 128);
            System.arraycopy(signer.sign(point), 0, certificate, 64, 64);
            return certificate;
        });
    }

    private static AttestationKey.Certified ready(AttestationKey key) {
        if (key.ready() instanceof LifecycleAnswer.Done<AttestationKey.Certified>(AttestationKey.Certified ready)) {
            return ready;
        }
        throw new AssertionError("not ready");
    }

    private static boolean verified(byte[] certificate, byte[] message, byte[] signature)
            throws GeneralSecurityException {
        AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
        curve.init(new ECGenParameterSpec("secp256r1"));
        ECPoint point = new ECPoint(new BigInteger(1, certificate, 0, 32), new BigInteger(1, certificate, 32, 32));
        Signature judge = Signature.getInstance("SHA256withECDSAinP1363Format");
        judge.initVerify(KeyFactory.getInstance("EC")
                .generatePublic(new ECPublicKeySpec(point, curve.getParameterSpec(ECParameterSpec.class))));
        judge.update(message);
        return judge.verify(signature);
    }

    @Test
    void signsWithTheKeyThatWasCertified() throws GeneralSecurityException {
        try (AttestationKey key = open()) {
            AttestationKey.Certified ready = ready(key);
            byte[] certificate = ready.certificate();
            byte[] point = Arrays.copyOf(certificate, 64);
            assertTrue(verified(certificate, point, Arrays.copyOfRange(certificate, 64, 128)));
            assertTrue(verified(certificate, MESSAGE, ready.signer().sign(MESSAGE)));
            assertFalse(verified(certificate, point, ready.signer().sign(MESSAGE)));
        }
    }

    @Test
    void isMadeOnceAndKept() throws GeneralSecurityException {
        byte[] certificate;
        try (AttestationKey key = open()) {
            certificate = ready(key).certificate();
            assertArrayEquals(certificate, ready(key).certificate());
        }
        hsm.create("another", KeyClass.P_256);
        hsm.restart();
        try (AttestationKey key = open()) {
            assertArrayEquals(certificate, ready(key).certificate());
            assertTrue(verified(certificate, MESSAGE, ready(key).signer().sign(MESSAGE)));
        }
        assertEquals(1, made.get());
    }

    @Test
    void isNotUsedUnlessItIsDurable() {
        hsm.journal.ending = KeyJournal.Ending.NOT_COMMITTED;
        try (AttestationKey key = open()) {
            assertEquals(new LifecycleAnswer.Refused<>(LifecycleRefusal.STORE_FAILED), key.ready());
            hsm.journal.ending = KeyJournal.Ending.COMMITTED;
            ready(key);
        }
        assertEquals(2, made.get());
    }

    @Test
    void isUnderTheAnchor() {
        try (AttestationKey key = open()) {
            ready(key);
        }
        hsm.journal.records.remove(new RecordName(SealPurpose.ATTESTATION_KEY, "", ""));
        SealFailure failure = assertThrows(SealFailure.class, hsm::restart);
        assertTrue(String.valueOf(failure.getMessage()).contains("anchor"), failure.getMessage());
    }

    @Test
    void signsNothingOnceItIsClosed() {
        AttestationKey key = open();
        AttestationKey.Signer signer = ready(key).signer();
        key.close();
        key.close();
        assertThrows(IllegalStateException.class, () -> signer.sign(MESSAGE));
    }
}
