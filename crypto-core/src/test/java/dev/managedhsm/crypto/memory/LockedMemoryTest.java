// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.managedhsm.crypto.foreign.CLibrary;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class LockedMemoryTest {
    private static final Path SMAPS = Path.of("/proc/self/smaps");

    @Test
    void isZeroedAlignedAndExactlyAsLongAsAsked() {
        try (LockedMemory memory = LockedMemory.allocate(5000, "a test")) {
            MemorySegment segment = memory.segment();
            assertEquals(5000, segment.byteSize());
            assertEquals(0, segment.address() % CLibrary.pageSize());
            assertEquals(-1, segment.mismatch(MemorySegment.ofArray(new byte[5000])));
        }
    }

    @Test
    void isUsableByAnyThreadUntilClosed() throws InterruptedException {
        LockedMemory memory = LockedMemory.allocate(64, "a test");
        Thread writer = Thread.ofPlatform().start(() -> memory.segment().set(JAVA_BYTE, 63, (byte) 7));
        writer.join();
        assertEquals(7, memory.segment().get(JAVA_BYTE, 63));
        memory.close();
        memory.close();
        assertThrows(IllegalStateException.class, () -> memory.segment().get(JAVA_BYTE, 63));
    }

    @Test
    void wipesEveryByte() {
        try (LockedMemory memory = LockedMemory.allocate(10_000, "a test")) {
            memory.segment().fill((byte) 0x5a);
            memory.wipe();
            assertEquals(-1, memory.segment().mismatch(MemorySegment.ofArray(new byte[10_000])));
        }
    }

    @Test
    void isLockedAndLeftOutOfDumpsAndChildren() throws IOException {
        assumeTrue(CLibrary.known());
        for (long bytes : new long[] {4096, 5 << 20}) {
            try (LockedMemory memory = LockedMemory.allocate(bytes, "a test")) {
                List<String> flags = flagsOf(memory.segment().address());
                assertEquals(memory.locked(), flags.contains("lo"), flags.toString());
                assertTrue(flags.contains("dd"), flags.toString());
                assertTrue(flags.contains("dc"), flags.toString());
            }
        }
    }

    @Test
    void givesItsAddressesBackOnClose() throws IOException {
        assumeTrue(CLibrary.known());
        LockedMemory memory = LockedMemory.allocate(4096, "a test");
        long address = memory.segment().address();
        assertFalse(flagsOf(address).isEmpty());
        memory.close();
        assertTrue(flagsOf(address).isEmpty());
    }

    @Test
    void standsBetweenInaccessiblePages() throws IOException {
        assumeTrue(CLibrary.known());
        try (LockedMemory memory = LockedMemory.allocate(4096, "a test")) {
            long address = memory.segment().address();
            assertTrue(flagsOf(address).contains("rd"));
            assertFalse(flagsOf(address - 1).contains("rd"));
            assertFalse(flagsOf(address + CLibrary.pageSize()).contains("rd"));
        }
    }

    @Test
    void refusesToAllocateNothing() {
        assertThrows(IllegalStateException.class, () -> LockedMemory.allocate(0, "a test"));
    }

    @Test
    void refusesWhatTheSystemDoesNotHave() {
        IllegalStateException refused =
                assertThrows(IllegalStateException.class, () -> LockedMemory.allocate(1L << 60, "a test"));
        assertTrue(String.valueOf(refused.getMessage()).contains("a test"));
    }

    /** The kernel's flags of the mapping that holds the address; empty if there is none. */
    private static List<String> flagsOf(long address) throws IOException {
        boolean inside = false;
        for (String line : Files.readAllLines(SMAPS)) {
            String first = line.substring(0, Math.max(line.indexOf(' '), 0));
            int dash = first.indexOf('-');
            if (dash > 0) {
                long start = Long.parseUnsignedLong(first.substring(0, dash), 16);
                long end = Long.parseUnsignedLong(first.substring(dash + 1), 16);
                inside = Long.compareUnsigned(address, start) >= 0 && Long.compareUnsigned(address, end) < 0;
            } else if (inside && line.startsWith("VmFlags:")) {
                return List.of(line.substring(8).trim().split(" "));
            }
        }
        return List.of();
    }
}
