// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class PortableKeyTest {
    private static final Map<Field, byte[]> VALUE = Map.of(Field.VALUE, new byte[16], Field.AAD, new byte[0]);

    @Test
    void stopsEncryptingAfterAsManyRandomVectorsAsAreSafe() {
        try (Engine engine = new PortableEngine(name -> false);
                Rehearsal rehearsal = new Rehearsal(engine);
                PortableKey key =
                        (PortableKey) Bench.published(KeyClass.OCT_256).load(engine)) {
            key.countOn(new AtomicLong((1L << 32) - 2));
            assertEquals(Outcome.DONE, rehearsal.run(key, Operation.ENCRYPT, Algorithm.A256GCM, VALUE));
            assertEquals(Outcome.DONE, rehearsal.run(key, Operation.ENCRYPT, Algorithm.A256GCM, VALUE));
            Map<Field, byte[]> sealed =
                    Map.of(Field.VALUE, rehearsal.value(), Field.IV, rehearsal.iv(), Field.TAG, rehearsal.tag());
            for (int i = 0; i < 3; i++) {
                Outcome outcome = rehearsal.run(key, Operation.ENCRYPT, Algorithm.A256GCM, VALUE);
                assertEquals(Outcome.KEY_EXHAUSTED, outcome);
            }
            // What was encrypted before must not be lost, and other modes have no such vector.
            assertEquals(Outcome.DONE, rehearsal.run(key, Operation.DECRYPT, Algorithm.A256GCM, sealed));
            assertArrayEquals(new byte[16], rehearsal.value());
            assertEquals(Outcome.DONE, rehearsal.run(key, Operation.WRAP_KEY, Algorithm.A256KW, VALUE));
        }
    }

    @Test
    void doesNotCountRefusedEncryptions() {
        try (Engine engine = new PortableEngine(name -> false);
                Rehearsal rehearsal = new Rehearsal(engine);
                PortableKey key =
                        (PortableKey) Bench.published(KeyClass.OCT_256).load(engine)) {
            key.countOn(new AtomicLong((1L << 32) - 1));
            Map<Field, byte[]> withVector = Map.of(Field.VALUE, new byte[1], Field.IV, new byte[12]);
            assertEquals(Outcome.BAD_IV, rehearsal.run(key, Operation.ENCRYPT, Algorithm.A256GCM, withVector));
            assertEquals(Outcome.DONE, rehearsal.run(key, Operation.ENCRYPT, Algorithm.A256GCM, VALUE));
        }
    }

    @Test
    void cannotBeUsedAfterItWasClosed() {
        try (Engine engine = new PortableEngine(name -> false);
                Rehearsal rehearsal = new Rehearsal(engine)) {
            EngineKey key = Bench.published(KeyClass.OCT_256).load(engine);
            key.close();
            assertThrows(
                    IllegalStateException.class, () -> rehearsal.run(key, Operation.WRAP_KEY, Algorithm.A256KW, VALUE));
        }
    }

    @Test
    void wipesHeapCopiesWhenTheCallEnds() {
        byte[] taken = {1, 2, 3};
        byte[] made;
        try (HeapCopies copies = new HeapCopies()) {
            copies.keep(taken);
            made = copies.allocate(2);
            made[0] = 7;
        }
        assertArrayEquals(new byte[3], taken);
        assertArrayEquals(new byte[2], made);
    }
}
