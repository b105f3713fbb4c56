// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

final class PortableEngineTest extends EngineContract {
    PortableEngineTest() {
        super(PortableEngine.open());
    }
}
