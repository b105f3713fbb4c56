// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.managedhsm.crypto.foreign.AwsLcCiphers;
import dev.managedhsm.crypto.foreign.CryptoLibrary;
import dev.managedhsm.crypto.foreign.LibCrypto;
import dev.managedhsm.crypto.foreign.LibCryptoCiphers;
import dev.managedhsm.crypto.foreign.LibraryFailure;
import dev.managedhsm.crypto.foreign.OpenSslCalls;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;

/** AES key wrap (RFC 3394, KW of NIST SP 800-38F) and AES key wrap with padding (RFC 5649, KWP). */
public final class AesKeyWrap {
    private static final boolean AWS_LC = CryptoLibrary.chosen().awsLc();
    private static final int FAILED = -1;

    private AesKeyWrap() {}

    /** Wraps or unwraps what the slot asks; lengths have been checked. */
    public static void execute(OperationSlot slot, SymmetricKey key, Scratch scratch) {
        boolean wraps = slot.operation() == Operation.WRAP_KEY;
        boolean pads = slot.algorithm().family() == Algorithm.Family.AES_KEY_WRAP_PAD;
        long in = slot.memory().address() + slot.offset(Field.VALUE);
        int length = slot.length(Field.VALUE);
        long out = slot.memory().address() + OperationSlot.OUTPUT_VALUE;
        int keyLength = key.keyClass().bytes();
        int room = OperationSlot.OUTPUT_VALUE_LENGTH_MAX;
        int written = pads
                ? padded(wraps, key.address(), keyLength, in, length, out, room, scratch)
                : bare(wraps, key.address(), keyLength, in, length, out, scratch);
        if (written >= 0) {
            slot.done(written);
            return;
        }
        LibCrypto.clearErrors();
        if (wraps) {
            throw new LibraryFailure("the library could not wrap");
        }
        LibCrypto.wipe(out, length);
        slot.end(Outcome.DECRYPTION_FAILED);
    }

    /**
     * Wraps or unwraps with padding (RFC 5649).
     *
     * @param room bytes at {@code out}: what wrapping makes, or the input's length less 8
     * @return the length, or -1; then the error queue is to be cleared and {@code out} to be wiped
     */
    static int padded(
            boolean wraps, long key, int keyLength, long in, int length, long out, int room, Scratch scratch) {
        if (!AWS_LC) {
            return evp(OpenSslCalls.wrapPadded(keyLength), wraps, key, in, length, out, scratch);
        }
        long schedule = schedule(wraps, key, keyLength, scratch);
        long outLength = scratch.address(Scratch.LENGTH);
        int status = wraps
                ? AwsLcCiphers.wrapPadded(schedule, out, outLength, room, in, length)
                : AwsLcCiphers.unwrapPadded(schedule, out, outLength, room, in, length);
        scratch.wipe(Scratch.SCHEDULE, AwsLcCiphers.KEY_SCHEDULE_LENGTH);
        return status == 1 ? (int) scratch.segment().get(JAVA_LONG, Scratch.LENGTH) : FAILED;
    }

    private static int bare(boolean wraps, long key, int keyLength, long in, int length, long out, Scratch scratch) {
        if (!AWS_LC) {
            return evp(OpenSslCalls.wrap(keyLength), wraps, key, in, length, out, scratch);
        }
        long schedule = schedule(wraps, key, keyLength, scratch);
        int written =
                wraps ? AwsLcCiphers.wrap(schedule, out, in, length) : AwsLcCiphers.unwrap(schedule, out, in, length);
        scratch.wipe(Scratch.SCHEDULE, AwsLcCiphers.KEY_SCHEDULE_LENGTH);
        return written;
    }

    /** The prepared key, to be wiped. */
    private static long schedule(boolean wraps, long key, int keyLength, Scratch scratch) {
        long schedule = scratch.address(Scratch.SCHEDULE);
        int prepared = wraps
                ? AwsLcCiphers.wrappingKey(key, 8 * keyLength, schedule)
                : AwsLcCiphers.unwrappingKey(key, 8 * keyLength, schedule);
        if (prepared != 0) {
            scratch.wipe(Scratch.SCHEDULE, AwsLcCiphers.KEY_SCHEDULE_LENGTH);
            LibCrypto.clearErrors();
            throw new LibraryFailure("the library could not prepare an AES key");
        }
        return schedule;
    }

    private static int evp(long cipher, boolean wraps, long key, long in, int length, long out, Scratch scratch) {
        long context = scratch.cipherContext();
        LibCryptoCiphers.flags(context, LibCryptoCiphers.ALLOW_WRAP);
        boolean good = LibCryptoCiphers.init(context, cipher, key, 0, wraps ? 1 : 0) == 1
                && LibCryptoCiphers.update(context, out, scratch.address(Scratch.LENGTH), in, length) == 1;
        int written = scratch.segment().get(JAVA_INT, Scratch.LENGTH);
        return LibCryptoCiphers.reset(context) == 1 && good ? written : FAILED;
    }
}
