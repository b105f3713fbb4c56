// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.key;

/**
 * The rotation policy of a key, and since when it has it.
 *
 * @param policy the policy; {@link RotationPolicy#BLANK} if the key has none
 * @param created when the key got its first policy, in Unix seconds, or {@link KeyAttributes#NONE} if it has none
 * @param updated when the policy was last set, in Unix seconds, or {@link KeyAttributes#NONE} if it has none
 */
public record KeyRotation(RotationPolicy policy, long created, long updated) {
    /** No policy. */
    public static final KeyRotation NONE =
            new KeyRotation(RotationPolicy.BLANK, KeyAttributes.NONE, KeyAttributes.NONE);
}
