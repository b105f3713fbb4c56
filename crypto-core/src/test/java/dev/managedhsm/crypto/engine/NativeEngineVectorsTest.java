// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

final class NativeEngineVectorsTest extends EngineVectorsContract {
    NativeEngineVectorsTest() {
        super(NativeEngine.open(), NativeEngine::expand);
    }
}
