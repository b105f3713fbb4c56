// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.keyring;

import dev.managedhsm.crypto.key.KeyRotation;
import dev.managedhsm.crypto.seal.RecordMark;

/**
 * What the keyring keeps of a key's rotation policy. Belongs to the name, living or soft-deleted, and not to a version.
 *
 * @param rotation the policy and its times
 * @param mark mark of the sealed record
 */
public record RotationRecord(KeyRotation rotation, RecordMark mark) {}
