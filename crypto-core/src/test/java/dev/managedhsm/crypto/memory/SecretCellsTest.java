// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SecretCellsTest {
    private static final int CELLS_IN_A_CHUNK = 512;

    @Test
    void givesEveryOwnerACellOfItsOwn() {
        try (SecretCells cells = new SecretCells(128, "a test")) {
            Set<Long> addresses = new HashSet<>();
            for (int i = 0; i < 2 * CELLS_IN_A_CHUNK + 1; i++) {
                MemorySegment cell = cells.take();
                assertEquals(128, cell.byteSize());
                assertEquals(0, cell.get(JAVA_BYTE, 127));
                assertTrue(addresses.add(cell.address()));
            }
            assertEquals(2 * CELLS_IN_A_CHUNK + 1, cells.taken());
        }
    }

    @Test
    void wipesWhatIsGivenBack() {
        try (SecretCells cells = new SecretCells(128, "a test")) {
            MemorySegment cell = cells.take();
            cell.fill((byte) 0x5a);
            cells.give(cell);
            assertEquals(0, cells.taken());
            assertEquals(-1, cell.mismatch(MemorySegment.ofArray(new byte[128])));
        }
    }

    @Test
    void leavesNothingReadableWhenClosed() {
        SecretCells cells = new SecretCells(128, "a test");
        MemorySegment cell = cells.take();
        cells.close();
        assertThrows(IllegalStateException.class, () -> cell.get(JAVA_BYTE, 0));
    }

    @Test
    void refusesCellsThatDoNotFillAChunk() {
        assertThrows(IllegalStateException.class, () -> new SecretCells(100, "a test").close());
        assertThrows(IllegalStateException.class, () -> new SecretCells(0, "a test").close());
    }
}
