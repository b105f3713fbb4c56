// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Limits;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;

/**
 * What can be refused before the key is touched: every rule about algorithm, operation and lengths, for every engine.
 *
 * <p>Stateless and without allocation; any thread may ask. No rule looks at a secret, so none needs constant time.
 */
final class InputRules {
    /** Length of the vector of AES-GCM, in bytes (NIST SP 800-38D section 5.2.1.1). */
    static final int GCM_IV_LENGTH = 12;

    /** Length of the tag of AES-GCM, in bytes; shorter tags are not accepted. */
    static final int GCM_TAG_LENGTH = 16;

    /** AES block, in bytes. */
    static final int BLOCK_LENGTH = 16;

    /** Semiblock of AES key wrap, in bytes (NIST SP 800-38F section 4.1). */
    static final int SEMIBLOCK_LENGTH = 8;

    /** What RSAES-PKCS1-v1_5 and type-1 padding need beside the message, in bytes (RFC 8017 section 7.2.1). */
    static final int PKCS1_OVERHEAD = 11;

    private InputRules() {}

    /**
     * Whether the slot asks something that this kind of key can be asked.
     *
     * @return {@link Outcome#PENDING} if so, else how the operation ends
     */
    static Outcome refusal(OperationSlot slot, KeyClass keyClass) {
        Algorithm algorithm = slot.algorithm();
        Operation operation = slot.operation();
        if (!algorithm.fits(keyClass) || !algorithm.serves(operation)) {
            return Outcome.ALGORITHM_MISMATCH;
        }
        boolean protects = operation == Operation.ENCRYPT || operation == Operation.WRAP_KEY;
        return switch (algorithm.family()) {
            case RSA_PKCS1_SIGNATURE, RSA_PSS_SIGNATURE, ECDSA, HMAC -> signatureRefusal(slot, algorithm, keyClass);
            case RSA_ENCRYPTION -> rsaEncryptionRefusal(slot, algorithm, keyClass, protects);
            case AES_GCM -> gcmRefusal(slot, protects);
            case AES_CBC, AES_CBC_PAD -> cbcRefusal(slot, algorithm, protects);
            case AES_KEY_WRAP, AES_KEY_WRAP_PAD -> keyWrapRefusal(slot, algorithm, protects);
        };
    }

    /** Length of a signature, in bytes. */
    static int signatureLength(Algorithm algorithm, KeyClass keyClass) {
        return switch (keyClass.type()) {
            case RSA -> keyClass.bytes();
            case EC -> 2 * keyClass.bytes();
            case OCT -> algorithm.digestLength();
        };
    }

    private static Outcome signatureRefusal(OperationSlot slot, Algorithm algorithm, KeyClass keyClass) {
        boolean verifies = slot.operation() == Operation.VERIFY;
        int length = slot.length(verifies ? Field.DIGEST : Field.VALUE);
        if (algorithm == Algorithm.RSNULL) {
            if (length < 1 || length > keyClass.bytes() - PKCS1_OVERHEAD) {
                return Outcome.BAD_VALUE_LENGTH;
            }
        } else if (length != algorithm.digestLength()) {
            return Outcome.BAD_DIGEST_LENGTH;
        }
        if (verifies && slot.length(Field.VALUE) != signatureLength(algorithm, keyClass)) {
            return Outcome.SIGNATURE_INVALID;
        }
        return Outcome.PENDING;
    }

    private static Outcome rsaEncryptionRefusal(
            OperationSlot slot, Algorithm algorithm, KeyClass keyClass, boolean protects) {
        int length = slot.length(Field.VALUE);
        if (!protects) {
            return length == keyClass.bytes() ? Outcome.PENDING : Outcome.DECRYPTION_FAILED;
        }
        int overhead = switch (algorithm) {
            case RSA_OAEP -> 2 * 20 + 2;
            case RSA_OAEP_256 -> 2 * 32 + 2;
            default -> PKCS1_OVERHEAD;
        };
        return length <= keyClass.bytes() - overhead ? Outcome.PENDING : Outcome.BAD_VALUE_LENGTH;
    }

    private static Outcome gcmRefusal(OperationSlot slot, boolean protects) {
        if (protects ? slot.has(Field.IV) : slot.length(Field.IV) != GCM_IV_LENGTH) {
            return Outcome.BAD_IV;
        }
        if (!protects && slot.length(Field.TAG) != GCM_TAG_LENGTH) {
            return Outcome.BAD_TAG;
        }
        return fitsOutput(slot, protects) ? Outcome.PENDING : Outcome.BAD_VALUE_LENGTH;
    }

    private static Outcome cbcRefusal(OperationSlot slot, Algorithm algorithm, boolean protects) {
        if (slot.length(Field.IV) != BLOCK_LENGTH) {
            return Outcome.BAD_IV;
        }
        int length = slot.length(Field.VALUE);
        boolean pads = protects && algorithm.family() == Algorithm.Family.AES_CBC_PAD;
        boolean whole = pads || (length > 0 && length % BLOCK_LENGTH == 0);
        return whole && fitsOutput(slot, protects) ? Outcome.PENDING : Outcome.BAD_VALUE_LENGTH;
    }

    private static Outcome keyWrapRefusal(OperationSlot slot, Algorithm algorithm, boolean protects) {
        int length = slot.length(Field.VALUE);
        boolean pads = algorithm.family() == Algorithm.Family.AES_KEY_WRAP_PAD;
        // NIST SP 800-38F section 5.3.1: 2 semiblocks and more of plaintext, with padding 1 byte and more.
        int least = (pads ? 0 : SEMIBLOCK_LENGTH) + (protects ? SEMIBLOCK_LENGTH : 2 * SEMIBLOCK_LENGTH);
        boolean good = (pads && protects) ? length >= 1 : length >= least && length % SEMIBLOCK_LENGTH == 0;
        return good && fitsOutput(slot, protects) ? Outcome.PENDING : Outcome.BAD_VALUE_LENGTH;
    }

    /** Whatever was made within the limit can be undone, so what undoes takes what expansion added. */
    private static boolean fitsOutput(OperationSlot slot, boolean protects) {
        int most = protects ? Limits.VALUE_LENGTH_MAX : OperationSlot.OUTPUT_VALUE_LENGTH_MAX;
        return slot.length(Field.VALUE) <= most;
    }
}
