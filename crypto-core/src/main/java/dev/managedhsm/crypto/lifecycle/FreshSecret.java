// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.SealPurpose;

/**
 * A secret that was generated or let in and belongs to no key yet, sealed so that it can wait on the heap.
 *
 * @param keyClass which kind of key
 * @param publicPart its public part
 * @param serial which one it is, so that no sealed secret opens as another
 * @param blob the sealed secret
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares these, and nobody writes to the array
record FreshSecret(KeyClass keyClass, PublicPart publicPart, long serial, byte[] blob) {
    static RecordName name(KeyClass keyClass, long serial) {
        return new RecordName(SealPurpose.FRESH_SECRET, keyClass.name(), Long.toString(serial));
    }

    RecordName name() {
        return name(keyClass, serial);
    }
}
