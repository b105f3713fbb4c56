// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.key.KeyClass;

/**
 * A key in the form in which one engine uses it. May be used by many workers at once; must not be closed while any of
 * them could be using it.
 */
public interface EngineKey extends AutoCloseable {
    /** Which kind of key this is. */
    KeyClass keyClass();

    /** Wipes and frees. Closing twice is the same as closing once. */
    @Override
    void close();
}
