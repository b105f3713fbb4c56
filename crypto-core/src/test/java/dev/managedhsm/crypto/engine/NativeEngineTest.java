// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

final class NativeEngineTest extends EngineContract {
    NativeEngineTest() {
        super(NativeEngine.open());
    }
}
