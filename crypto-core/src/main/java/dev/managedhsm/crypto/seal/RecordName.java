// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

/**
 * Which record a sealed blob is. What is sealed under one name opens under no other.
 *
 * @param purpose what the record is for
 * @param key folded name of the key, or empty where the record belongs to no key
 * @param version version of the key, or empty where the record belongs to no version
 */
public record RecordName(SealPurpose purpose, String key, String version) {
    /** The record's name for messages: purpose, key and version, never content. */
    @Override
    public String toString() {
        String text = purpose.label();
        if (!key.isEmpty()) {
            text += " of " + key;
        }
        return version.isEmpty() ? text : text + '/' + version;
    }
}
