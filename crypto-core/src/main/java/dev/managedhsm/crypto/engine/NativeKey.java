// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.algorithm.LoadedKey;
import dev.managedhsm.crypto.key.KeyClass;

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

    LoadedKey loaded() {
        return loaded;
    }

    @Override
    public void close() {
        loaded.close();
    }
}
