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
    /**
     * This key version has made as many random AES-GCM vectors in this process as it may: 2^32 (NIST SP 800-38D sections
     * 8.2.2 and 8.3). It should be rotated. The count is not kept over a restart: who encrypts so much that restarts come
     * before the ceiling must rotate by a count of their own (decision 0004).
     */
    KEY_EXHAUSTED,
    /** The engine broke its own promise; the HSM is failed. */
    ENGINE_FAILED
}
