// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

final class PortableEngineVectorsTest extends EngineVectorsContract {
    PortableEngineVectorsTest() {
        super(PortableEngine.open());
    }
}
