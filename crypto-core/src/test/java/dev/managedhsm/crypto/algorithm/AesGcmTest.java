// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.memory.SecretCells;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AesGcmTest {
    private final SecretCells cells = new SecretCells(128, "a test");
    private final Scratch scratch = new Scratch();
    private final LockedMemory secret = LockedMemory.allocate(32, "a test");
    private final SymmetricKey key = SymmetricKey.load(KeyClass.OCT_256, secret.segment(), cells);

    @AfterEach
    void close() {
        key.close();
        scratch.close();
        secret.close();
        assertEquals(0, cells.taken());
        cells.close();
    }

    @Test
    void makesAVectorThatWasNeverThere() {
        Set<String> vectors = new HashSet<>();
        for (int i = 0; i < 2000; i++) {
            try (Asked asked = encrypting()) {
                AesGcm.execute(asked.slot(), key, scratch);
                assertEquals(AesGcm.IV_LENGTH, asked.slot().outputIvLength());
                assertTrue(
                        vectors.add(HexFormat.of().formatHex(asked.output(OperationSlot.OUTPUT_IV, AesGcm.IV_LENGTH))));
            }
        }
    }

    @Test
    void stopsEncryptingAtTheCeilingButGoesOnDecrypting() {
        key.encryptions().set(AesGcm.ENCRYPTIONS_MAX - 1);
        try (Asked last = encrypting();
                Asked above = encrypting();
                Asked again = encrypting()) {
            AesGcm.execute(last.slot(), key, scratch);
            assertEquals(Outcome.DONE, last.slot().outcome());
            AesGcm.execute(above.slot(), key, scratch);
            assertEquals(Outcome.KEY_EXHAUSTED, above.slot().outcome());
            AesGcm.execute(again.slot(), key, scratch);
            assertEquals(Outcome.KEY_EXHAUSTED, again.slot().outcome());
            assertEquals(0, above.slot().outputValueLength());
            try (Asked undone = new Asked(Operation.DECRYPT, Algorithm.A256GCM, KeyClass.OCT_256)
                    .put(Field.VALUE, last.answer())
                    .put(Field.IV, last.output(OperationSlot.OUTPUT_IV, AesGcm.IV_LENGTH))
                    .put(Field.TAG, last.output(OperationSlot.OUTPUT_TAG, AesGcm.TAG_LENGTH))) {
                AesGcm.execute(undone.slot(), key, scratch);
                assertArrayEquals(HexFormat.of().parseHex("00112233"), undone.answer());
            }
        }
    }

    @Test
    void countsTogetherWithOtherCopiesOfTheKey() {
        AtomicLong shared = new AtomicLong(AesGcm.ENCRYPTIONS_MAX - 1);
        try (SymmetricKey copy = SymmetricKey.load(KeyClass.OCT_256, secret.segment(), cells);
                Asked last = encrypting();
                Asked above = encrypting()) {
            key.countOn(shared);
            copy.countOn(shared);
            AesGcm.execute(last.slot(), key, scratch);
            assertEquals(Outcome.DONE, last.slot().outcome());
            AesGcm.execute(above.slot(), copy, scratch);
            assertEquals(Outcome.KEY_EXHAUSTED, above.slot().outcome());
        }
    }

    private static Asked encrypting() {
        return new Asked(Operation.ENCRYPT, Algorithm.A256GCM, KeyClass.OCT_256).put(Field.VALUE, "00112233");
    }
}
