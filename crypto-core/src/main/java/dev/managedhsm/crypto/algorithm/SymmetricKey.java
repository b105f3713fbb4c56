// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import dev.managedhsm.crypto.foreign.AwsLcCiphers;
import dev.managedhsm.crypto.foreign.CryptoLibrary;
import dev.managedhsm.crypto.foreign.LibCrypto;
import dev.managedhsm.crypto.foreign.LibraryFailure;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.memory.SecretCells;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * AES and HMAC key bytes in locked memory; with AWS-LC also the prepared AES-GCM key inside the library.
 *
 * <p>Counts what it encrypts with vectors of its own making: see {@link AesGcm}.
 */
public final class SymmetricKey implements LoadedKey {
    private static final boolean AWS_LC = CryptoLibrary.chosen().awsLc();

    private final KeyClass keyClass;
    private final SecretCells cells;
    private final MemorySegment cell;
    private final long gcm;
    private AtomicLong encryptions = new AtomicLong();
    private final AtomicBoolean closed = new AtomicBoolean();

    private SymmetricKey(KeyClass keyClass, SecretCells cells, MemorySegment cell, long gcm) {
        this.keyClass = keyClass;
        this.cells = cells;
        this.cell = cell;
        this.gcm = gcm;
    }

    /**
     * Copies key bytes.
     *
     * @param secret as many bytes as the class says; the caller wipes them
     * @param cells where the copy lives
     * @throws LibraryFailure if the length is not that of the class
     */
    public static SymmetricKey load(KeyClass keyClass, MemorySegment secret, SecretCells cells) {
        if (secret.byteSize() != keyClass.bytes()) {
            throw new LibraryFailure("the secret is no key of class " + keyClass);
        }
        MemorySegment cell = cells.take();
        cell.copyFrom(secret);
        int length = keyClass.bytes();
        long gcm = AWS_LC ? AwsLcCiphers.newGcm(AwsLcCiphers.gcm(length), cell.address(), length) : 0;
        if (AWS_LC && gcm == 0) {
            cells.give(cell);
            LibCrypto.clearErrors();
            throw new LibraryFailure("the library could not prepare a key of class " + keyClass);
        }
        return new SymmetricKey(keyClass, cells, cell, gcm);
    }

    /** Makes random key bytes at the start of {@code secret}. */
    public static NewKey generate(KeyClass keyClass, MemorySegment secret) {
        if (secret.byteSize() < keyClass.bytes() || !LibCrypto.random(secret.address(), keyClass.bytes())) {
            LibCrypto.clearErrors();
            throw new LibraryFailure("the library has no random bytes");
        }
        return new NewKey(keyClass.bytes(), new PublicPart.None());
    }

    @Override
    public KeyClass keyClass() {
        return keyClass;
    }

    /** Address of the key bytes. */
    long address() {
        if (closed.getPlain()) {
            throw new IllegalStateException("the key was closed");
        }
        return cell.address();
    }

    /** The prepared AES-GCM key; 0 where the library has none. */
    long gcm() {
        if (closed.getPlain()) {
            throw new IllegalStateException("the key was closed");
        }
        return gcm;
    }

    /** Counts on a counter that other loaded copies of this key version count on too. Called before the key is lent. */
    public void countOn(AtomicLong shared) {
        encryptions = shared;
    }

    /** How often this key version has encrypted with a vector of the HSM's making, as far as its counter goes back. */
    AtomicLong encryptions() {
        return encryptions;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            if (gcm != 0) {
                AwsLcCiphers.freeGcm(gcm);
            }
            cells.give(cell);
        }
    }
}
