// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.EngineKey;
import dev.managedhsm.crypto.engine.EngineWorker;
import dev.managedhsm.crypto.engine.NativeEngine;
import dev.managedhsm.crypto.operation.OperationSlot;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/**
 * An engine whose workers compute nothing: every operation ends well with as many bytes as an ES256 signature has. What is
 * left of a request then is the way to the engine and back. Keys are made, sealed and loaded by the native engine.
 */
final class NoOpEngine {
    private static final int SIGNATURE_LENGTH = 64;

    private NoOpEngine() {}

    /** Opens the native engine and takes its workers away. */
    static Engine open() {
        Engine engine = NativeEngine.open();
        return (Engine) Proxy.newProxyInstance(
                Engine.class.getClassLoader(), new Class<?>[] {Engine.class}, (self, method, arguments) -> {
                    if (method.getName().equals("worker")) {
                        return new NoOpWorker();
                    }
                    try {
                        return method.invoke(engine, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getTargetException();
                    }
                });
    }

    private static final class NoOpWorker implements EngineWorker {
        @Override
        public void execute(OperationSlot slot, EngineKey key) {
            slot.memory().asSlice(OperationSlot.OUTPUT_VALUE, SIGNATURE_LENGTH).fill((byte) 'v');
            slot.done(SIGNATURE_LENGTH);
        }

        @Override
        public void forget() {}

        @Override
        public void close() {}
    }
}
