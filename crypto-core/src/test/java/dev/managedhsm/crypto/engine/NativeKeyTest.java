// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NativeKeyTest {
    private final NativeEngine engine = NativeEngine.open();
    private final Rehearsal rehearsal = new Rehearsal(engine);

    @AfterEach
    void close() {
        rehearsal.close();
        engine.close();
    }

    @Test
    void leavesNoCellBehind() {
        long before = engine.cellsTaken();
        List<EngineKey> keys = new ArrayList<>();
        for (KeyClass keyClass : KeyClass.values()) {
            keys.add(Bench.published(keyClass).load(engine));
        }
        keys.forEach(EngineKey::close);
        keys.forEach(EngineKey::close);
        engine.selfTest();
        assertEquals(before, engine.cellsTaken());
    }

    @Test
    void cannotBeUsedOnceClosed() {
        for (Map.Entry<KeyClass, Algorithm> use : Map.of(
                        KeyClass.RSA_2048, Algorithm.RS256,
                        KeyClass.P_256, Algorithm.ES256,
                        KeyClass.P_256K, Algorithm.ES256K,
                        KeyClass.OCT_256, Algorithm.HS256)
                .entrySet()) {
            EngineKey key = Bench.published(use.getKey()).load(engine);
            key.close();
            assertThrows(
                    IllegalStateException.class,
                    () -> rehearsal.run(key, Operation.SIGN, use.getValue(), Map.of(Field.VALUE, new byte[32])));
        }
    }

    @Test
    void cannotBeUsedByAnotherEngine() {
        try (Engine other = PortableEngine.open();
                EngineKey stranger = Bench.published(KeyClass.P_256).load(other)) {
            assertThrows(
                    IllegalStateException.class,
                    () -> rehearsal.run(stranger, Operation.SIGN, Algorithm.ES256, Map.of(Field.VALUE, new byte[32])));
        }
    }
}
