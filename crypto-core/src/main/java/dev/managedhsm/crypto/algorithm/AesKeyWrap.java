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
        int written = AWS_LC
                ? awsLc(key, wraps, pads, in, length, out, scratch)
                : evp(key, wraps, pads, in, length, out, scratch);
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

    private static int awsLc(
            SymmetricKey key, boolean wraps, boolean pads, long in, int length, long out, Scratch scratch) {
        long schedule = scratch.address(Scratch.SCHEDULE);
        int bits = key.keyClass().bits();
        int prepared = wraps
                ? AwsLcCiphers.wrappingKey(key.address(), bits, schedule)
                : AwsLcCiphers.unwrappingKey(key.address(), bits, schedule);
        if (prepared != 0) {
            scratch.wipe(Scratch.SCHEDULE, AwsLcCiphers.KEY_SCHEDULE_LENGTH);
            LibCrypto.clearErrors();
            throw new LibraryFailure("the library could not prepare an AES key");
        }
        int written = pads
                ? awsLcPadded(wraps, schedule, in, length, out, scratch)
                : wraps ? AwsLcCiphers.wrap(schedule, out, in, length) : AwsLcCiphers.unwrap(schedule, out, in, length);
        scratch.wipe(Scratch.SCHEDULE, AwsLcCiphers.KEY_SCHEDULE_LENGTH);
        return written;
    }

    private static int awsLcPadded(boolean wraps, long schedule, long in, int length, long out, Scratch scratch) {
        long room = OperationSlot.OUTPUT_VALUE_LENGTH_MAX;
        long outLength = scratch.address(Scratch.LENGTH);
        int status = wraps
                ? AwsLcCiphers.wrapPadded(schedule, out, outLength, room, in, length)
                : AwsLcCiphers.unwrapPadded(schedule, out, outLength, room, in, length);
        return status == 1 ? (int) scratch.segment().get(JAVA_LONG, Scratch.LENGTH) : FAILED;
    }

    private static int evp(
            SymmetricKey key, boolean wraps, boolean pads, long in, int length, long out, Scratch scratch) {
        long context = scratch.cipherContext();
        int keyLength = key.keyClass().bytes();
        long cipher = pads ? OpenSslCalls.wrapPadded(keyLength) : OpenSslCalls.wrap(keyLength);
        LibCryptoCiphers.flags(context, LibCryptoCiphers.ALLOW_WRAP);
        boolean good = LibCryptoCiphers.init(context, cipher, key.address(), 0, wraps ? 1 : 0) == 1
                && LibCryptoCiphers.update(context, out, scratch.address(Scratch.LENGTH), in, length) == 1;
        int written = scratch.segment().get(JAVA_INT, Scratch.LENGTH);
        return LibCryptoCiphers.reset(context) == 1 && good ? written : FAILED;
    }
}
