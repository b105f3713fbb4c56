// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import dev.managedhsm.crypto.key.KeyClass;

/**
 * A key in the form in which the native libraries use it. Many workers may use it at once; it must not be closed while
 * any of them could.
 */
public sealed interface LoadedKey extends AutoCloseable permits PairKey, CurveKey, SymmetricKey {
    /** Which kind of key this is. */
    KeyClass keyClass();

    /** Wipes and frees. Closing twice is the same as closing once. */
    @Override
    void close();
}
