// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

final class PortableEngineVectorsTest extends EngineVectorsContract {
    PortableEngineVectorsTest() {
        super(new PortableEngine(name -> false), PortableEngine::expand);
    }
}
