// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import dev.managedhsm.crypto.foreign.LibraryFailure;
import dev.managedhsm.crypto.foreign.Secp256k1;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;

/**
 * ECDSA on secp256k1 (RFC 8812) by libsecp256k1. Signatures have a low s, which some verifiers demand; a high s is
 * accepted, because RFC 8812 does not forbid it.
 */
public final class CurveEcdsa {
    private CurveEcdsa() {}

    /** Signs or verifies what the slot asks; lengths have been checked. */
    public static void execute(OperationSlot slot, CurveKey key, Scratch scratch) {
        long memory = slot.memory().address();
        long value = memory + slot.offset(Field.VALUE);
        if (slot.operation() == Operation.SIGN) {
            sign(key, value, memory + OperationSlot.OUTPUT_VALUE, scratch);
            slot.done(Secp256k1.PUBLIC_KEY_LENGTH);
        } else {
            boolean good = verify(key, memory + slot.offset(Field.DIGEST), value, scratch);
            slot.end(good ? Outcome.SIGNATURE_VALID : Outcome.SIGNATURE_INVALID);
        }
    }

    private static void sign(CurveKey key, long digest, long out, Scratch scratch) {
        if (!Secp256k1.sign(key.address(), digest, scratch.address(Scratch.SIGNATURE), out)) {
            throw new LibraryFailure("the library could not sign with secp256k1");
        }
    }

    private static boolean verify(CurveKey key, long digest, long signature, Scratch scratch) {
        return Secp256k1.verify(key.publicKey(), digest, scratch.address(Scratch.SIGNATURE), signature);
    }
}
