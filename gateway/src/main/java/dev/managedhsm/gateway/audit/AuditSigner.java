// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;

/**
 * The key that signs checkpoints, and its public half. The JDK keeps an Ed25519 key in an array on the heap and has no way
 * without one, so this key is not in locked memory while the HSM is open: who reads the process's memory can sign a log, and
 * can use no key of the HSM by it. Used by one thread at a time; {@code toString} says the public half only.
 */
public final class AuditSigner {
    /** Length of {@link #writeTo}, in bytes: the private key's 32, then the public key's 32. */
    public static final int LENGTH = 64;

    private static final int HALF = 32;

    private final LogKey publicKey;
    private final PrivateKey privateKey;

    private AuditSigner(LogKey publicKey, PrivateKey privateKey) {
        this.publicKey = publicKey;
        this.privateKey = privateKey;
    }

    /**
     * A signer of a private key and the public key that belongs to it.
     *
     * @throws IllegalArgumentException if they do not belong together
     */
    public static AuditSigner of(PrivateKey privateKey, LogKey publicKey) {
        AuditSigner signer = new AuditSigner(publicKey, privateKey);
        byte[] trial = {1, 2, 3};
        if (!publicKey.verifies(trial, signer.sign(trial))) {
            throw new IllegalArgumentException("the private key is not that of " + publicKey);
        }
        return signer;
    }

    /**
     * Makes a new key.
     *
     * @param name its name: the origin of the log
     * @throws IllegalArgumentException if the name may not be one, see {@link LogKey#isName}
     */
    public static AuditSigner generate(String name, SecureRandom random) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
            generator.initialize(NamedParameterSpec.ED25519, random);
            KeyPair pair = generator.generateKeyPair();
            byte[] der = pair.getPublic().getEncoded(); // the last 32 bytes are the key: RFC 8410 §4
            LogKey key = LogKey.of(name, Arrays.copyOfRange(der, der.length - HALF, der.length));
            return of(pair.getPrivate(), key);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has Ed25519", e);
        }
    }

    /**
     * The signer that {@link #writeTo} wrote.
     *
     * @param name its name: the origin of the log
     * @param from {@value #LENGTH} bytes
     * @throws IllegalArgumentException if they are no such key
     */
    public static AuditSigner read(String name, MemorySegment from) {
        if (from.byteSize() != LENGTH) {
            throw new IllegalArgumentException("not the length of a signing key");
        }
        byte[] seed = from.asSlice(0, HALF).toArray(ValueLayout.JAVA_BYTE);
        try {
            PrivateKey key = KeyFactory.getInstance("Ed25519")
                    .generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, seed));
            return of(key, LogKey.of(name, from.asSlice(HALF, HALF).toArray(ValueLayout.JAVA_BYTE)));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("not a signing key", e);
        } finally {
            Arrays.fill(seed, (byte) 0);
        }
    }

    /**
     * Writes the private and the public key, to be sealed.
     *
     * @param into {@value #LENGTH} bytes, which the caller wipes
     */
    public void writeTo(MemorySegment into) {
        if (!(privateKey instanceof EdECPrivateKey key)) {
            throw new IllegalStateException("a key that does not show its bytes");
        }
        byte[] seed = key.getBytes().orElseThrow();
        MemorySegment.copy(seed, 0, into, ValueLayout.JAVA_BYTE, 0, HALF);
        MemorySegment.copy(publicKey.raw(), 0, into, ValueLayout.JAVA_BYTE, HALF, HALF);
        Arrays.fill(seed, (byte) 0);
    }

    /** What verifies its signatures. */
    public LogKey publicKey() {
        return publicKey;
    }

    byte[] sign(byte[] message) {
        try {
            Signature ed25519 = Signature.getInstance("Ed25519");
            ed25519.initSign(privateKey);
            ed25519.update(message);
            return ed25519.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("an Ed25519 key signs", e);
        }
    }

    @Override
    public String toString() {
        return publicKey.text();
    }
}
