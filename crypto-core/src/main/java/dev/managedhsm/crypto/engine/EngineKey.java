// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.key.KeyClass;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A key in the form in which one engine uses it. May be used by many workers at once; must not be closed while any of
 * them could be using it.
 */
public interface EngineKey extends AutoCloseable {
    /** Which kind of key this is. */
    KeyClass keyClass();

    /**
     * Goes on counting encryptions with vectors of the engine's making where other loaded copies of this key version are.
     * Called at most once, before the key is lent to anybody. Keys that make no vectors ignore it.
     *
     * @param encryptions shared by all loaded copies of one key version in this process
     */
    default void countOn(AtomicLong encryptions) {}

    /** Wipes and frees. Closing twice is the same as closing once. */
    @Override
    void close();
}
