// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.memory.SecretCells;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ScratchTest {
    private static final int BEHIND_LENGTH = Scratch.SIGNATURE;

    private final SecretCells cells = new SecretCells(128, "a test");
    private final Scratch scratch = new Scratch();
    private final LockedMemory secret = LockedMemory.allocate(32, "a test");

    @AfterEach
    void close() {
        scratch.close();
        secret.close();
        cells.close();
    }

    @Test
    void holdsNoKeyAfterWrapping() {
        secret.segment().fill((byte) 7);
        try (SymmetricKey key = SymmetricKey.load(KeyClass.OCT_256, secret.segment(), cells);
                Asked asked = new Asked(Operation.WRAP_KEY, Algorithm.A256KW, KeyClass.OCT_256)
                        .put(Field.VALUE, "00112233445566778899aabbccddeeff")) {
            AesKeyWrap.execute(asked.slot(), key, scratch);
            assertEquals(Outcome.DONE, asked.slot().outcome());
            assertZero();
        }
    }

    @Test
    void holdsNoRightMacAfterAForgedOneWasRefused() {
        secret.segment().fill((byte) 7);
        try (SymmetricKey key = SymmetricKey.load(KeyClass.OCT_256, secret.segment(), cells);
                Asked asked = new Asked(Operation.VERIFY, Algorithm.HS256, KeyClass.OCT_256)
                        .put(Field.DIGEST, "11".repeat(32))
                        .put(Field.VALUE, "22".repeat(32))) {
            Hmac.execute(asked.slot(), key, scratch);
            assertEquals(Outcome.SIGNATURE_INVALID, asked.slot().outcome());
            assertZero();
        }
    }

    @Test
    void isGoneOnceClosed() {
        Scratch other = new Scratch();
        other.close();
        other.close();
        assertThrows(IllegalStateException.class, () -> other.segment().get(JAVA_BYTE, 0));
    }

    private void assertZero() {
        byte[] left = scratch.segment().asSlice(BEHIND_LENGTH).toArray(JAVA_BYTE);
        assertArrayEquals(new byte[left.length], left);
    }
}
