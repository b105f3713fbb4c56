// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.algorithm.LoadedKey;
import dev.managedhsm.crypto.algorithm.SymmetricKey;
import dev.managedhsm.crypto.key.KeyClass;
import java.util.concurrent.atomic.AtomicLong;

/** A key of the native engine. */
final class NativeKey implements EngineKey {
    private final LoadedKey loaded;

    NativeKey(LoadedKey loaded) {
        this.loaded = loaded;
    }

    @Override
    public KeyClass keyClass() {
        return loaded.keyClass();
    }

    @Override
    public void countOn(AtomicLong encryptions) {
        if (loaded instanceof SymmetricKey key) {
            key.countOn(encryptions);
        }
    }

    LoadedKey loaded() {
        return loaded;
    }

    @Override
    public void close() {
        loaded.close();
    }
}
