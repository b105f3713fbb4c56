// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.operation;

/** How an operation ended. The list is closed; every consumer handles all of it. */
public enum Outcome {
    /** Nothing has been decided yet. A slot never comes back in this state. */
    PENDING,
    /** Done; the output fields hold the answer. */
    DONE,
    /** Verification ran and the signature is good. */
    SIGNATURE_VALID,
    /** Verification ran and the signature is not good, for whatever reason. */
    SIGNATURE_INVALID,
    /** The key version is not there any more. */
    KEY_GONE,
    /** The key version is disabled. */
    KEY_DISABLED,
    /** The key version is outside its period of use and the operation needs it inside. */
    KEY_NOT_IN_PERIOD,
    /** The key's owner did not permit this operation. */
    OPERATION_NOT_PERMITTED,
    /** The algorithm does not belong to the key's type, size or curve, or not to the operation. */
    ALGORITHM_MISMATCH,
    /** The digest has not the length the algorithm demands. */
    BAD_DIGEST_LENGTH,
    /** The value has a length the algorithm cannot take. */
    BAD_VALUE_LENGTH,
    /** The initialisation vector is missing, has the wrong length, or was given where the HSM makes it. */
    BAD_IV,
    /** The authentication tag is missing or has the wrong length. */
    BAD_TAG,
    /** Decryption or unwrapping failed. One answer for every reason: padding, tag, integrity value, range. */
    DECRYPTION_FAILED,
    /** The deadline passed before a worker took the slot; no key was touched. */
    DEADLINE_PASSED,
    /** The key version has used up what one key may safely encrypt; it must be rotated. */
    KEY_EXHAUSTED,
    /** The engine broke its own promise; the HSM is failed. */
    ENGINE_FAILED
}
