// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.keyring;

import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.seal.RecordMark;

/**
 * What the keyring keeps of one key version besides its sealed secret.
 *
 * @param facts what is known of it
 * @param ordinal place among the versions of its key: 1 for the first
 * @param factsMark mark of the sealed facts
 * @param secretMark mark of the sealed secret
 */
public record KeyRecord(KeyFacts facts, int ordinal, RecordMark factsMark, RecordMark secretMark) {}
