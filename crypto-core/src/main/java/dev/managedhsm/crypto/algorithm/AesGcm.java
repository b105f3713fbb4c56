// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import dev.managedhsm.crypto.foreign.AwsLcCiphers;
import dev.managedhsm.crypto.foreign.CryptoLibrary;
import dev.managedhsm.crypto.foreign.LibCrypto;
import dev.managedhsm.crypto.foreign.LibCryptoCiphers;
import dev.managedhsm.crypto.foreign.LibraryFailure;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;

/**
 * AES-GCM (NIST SP 800-38D) with 12-byte vectors and 16-byte tags.
 *
 * <p>Vectors are made here, never taken: 96 bits of the library's random bit generator each (section 8.2.2, with an empty
 * free field). A counter would need a place that outlives restarts, restores and copies of the machine; random vectors
 * need none. Their price is the ceiling of section 8.3: after 2^32 vectors the chance that two were equal reaches 2^-32,
 * so a key version stops there ({@link Outcome#KEY_EXHAUSTED}), with every copy of it that this process ever loads. The
 * count begins anew with the process: decision 0004 says what that leaves to the owner.
 *
 * <p>Vectors are not made in stock, so that a copied machine does not use the same stock twice.
 */
public final class AesGcm {
    /** Most encryptions with one key version in one process; see above for what that does not bound. */
    public static final long ENCRYPTIONS_MAX = 1L << 32;

    static final int IV_LENGTH = 12;
    static final int TAG_LENGTH = 16;
    private static final boolean AWS_LC = CryptoLibrary.chosen().awsLc();

    private AesGcm() {}

    /** Encrypts or decrypts what the slot asks; lengths have been checked. */
    public static void execute(OperationSlot slot, SymmetricKey key, Scratch scratch) {
        long memory = slot.memory().address();
        long in = memory + slot.offset(Field.VALUE);
        int length = slot.length(Field.VALUE);
        long aad = memory + slot.offset(Field.AAD);
        int aadLength = slot.length(Field.AAD);
        long out = memory + OperationSlot.OUTPUT_VALUE;
        if (slot.operation() == Operation.ENCRYPT) {
            if (key.encryptions().getAndIncrement() >= ENCRYPTIONS_MAX) {
                key.encryptions().set(ENCRYPTIONS_MAX);
                slot.end(Outcome.KEY_EXHAUSTED);
                return;
            }
            long iv = memory + OperationSlot.OUTPUT_IV;
            if (!LibCrypto.random(iv, IV_LENGTH)) {
                LibCrypto.clearErrors();
                throw new LibraryFailure("the library has no random bytes");
            }
            seal(key, iv, aad, aadLength, in, length, out, memory + OperationSlot.OUTPUT_TAG, scratch);
            slot.done(length, IV_LENGTH, TAG_LENGTH);
            return;
        }
        long iv = memory + slot.offset(Field.IV);
        long tag = memory + slot.offset(Field.TAG);
        if (open(key, iv, aad, aadLength, in, length, tag, out, scratch)) {
            slot.done(length);
        } else {
            LibCrypto.wipe(out, length);
            slot.end(Outcome.DECRYPTION_FAILED);
        }
    }

    /** Encrypts under a vector that the caller vouches for. All places are addresses; the ciphertext is as long as the input. */
    public static void seal(
            SymmetricKey key,
            long iv,
            long aad,
            int aadLength,
            long in,
            int length,
            long out,
            long tag,
            Scratch scratch) {
        boolean sealed = AWS_LC
                ? AwsLcCiphers.seal(
                                key.gcm(), out, tag, scratch.address(Scratch.LENGTH), iv, in, length, aad, aadLength)
                        == 1
                : evp(key, true, iv, aad, aadLength, in, length, out, tag, scratch);
        if (!sealed) {
            LibCrypto.clearErrors();
            throw new LibraryFailure("the library could not encrypt with AES-GCM");
        }
    }

    /** Decrypts; if the answer is false, what lies at {@code out} must be wiped by the caller. */
    public static boolean open(
            SymmetricKey key,
            long iv,
            long aad,
            int aadLength,
            long in,
            int length,
            long tag,
            long out,
            Scratch scratch) {
        boolean opened = AWS_LC
                ? AwsLcCiphers.open(key.gcm(), out, iv, in, length, tag, aad, aadLength) == 1
                : evp(key, false, iv, aad, aadLength, in, length, out, tag, scratch);
        if (!opened) {
            LibCrypto.clearErrors();
        }
        return opened;
    }

    private static boolean evp(
            SymmetricKey key,
            boolean seals,
            long iv,
            long aad,
            int aadLength,
            long in,
            int length,
            long out,
            long tag,
            Scratch scratch) {
        long context = scratch.cipherContext();
        long written = scratch.address(Scratch.LENGTH);
        long cipher = LibCryptoCiphers.gcm(key.keyClass().bytes());
        boolean done = LibCryptoCiphers.init(context, cipher, key.address(), iv, seals ? 1 : 0) == 1
                && (aadLength == 0 || LibCryptoCiphers.update(context, 0, written, aad, aadLength) == 1)
                && (length == 0 || LibCryptoCiphers.update(context, out, written, in, length) == 1)
                && (seals || LibCryptoCiphers.control(context, LibCryptoCiphers.EXPECT_TAG, TAG_LENGTH, tag) == 1)
                && LibCryptoCiphers.finish(context, out + length, written) == 1
                && (!seals || LibCryptoCiphers.control(context, LibCryptoCiphers.TELL_TAG, TAG_LENGTH, tag) == 1);
        return LibCryptoCiphers.reset(context) == 1 && done;
    }
}
