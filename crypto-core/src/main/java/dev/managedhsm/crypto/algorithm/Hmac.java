// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import dev.managedhsm.crypto.foreign.LibCrypto;
import dev.managedhsm.crypto.foreign.LibraryFailure;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;

/** HMAC (FIPS 198-1) with SHA-2 over the caller's digest. */
public final class Hmac {
    private Hmac() {}

    /** Signs or verifies what the slot asks; lengths have been checked. */
    public static void execute(OperationSlot slot, SymmetricKey key, Scratch scratch) {
        int length = slot.algorithm().digestLength();
        long digest = LibCrypto.sha2(length);
        long memory = slot.memory().address();
        long value = memory + slot.offset(Field.VALUE);
        if (slot.operation() == Operation.SIGN) {
            long out = memory + OperationSlot.OUTPUT_VALUE;
            compute(digest, key, value, slot.length(Field.VALUE), out, scratch);
            slot.done(length);
            return;
        }
        long expected = scratch.address(Scratch.SIGNATURE);
        compute(digest, key, memory + slot.offset(Field.DIGEST), slot.length(Field.DIGEST), expected, scratch);
        boolean good = LibCrypto.equal(expected, value, length);
        scratch.wipe(Scratch.SIGNATURE, length); // the right MAC of a message that may be a forger's
        slot.end(good ? Outcome.SIGNATURE_VALID : Outcome.SIGNATURE_INVALID);
    }

    private static void compute(long digest, SymmetricKey key, long data, int dataLength, long out, Scratch scratch) {
        int keyLength = key.keyClass().bytes();
        if (!LibCrypto.hmac(digest, key.address(), keyLength, data, dataLength, out, scratch.address(Scratch.LENGTH))) {
            LibCrypto.clearErrors();
            throw new LibraryFailure("the library could not compute HMAC");
        }
    }
}
