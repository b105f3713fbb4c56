// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class AuditRoomTest {
    private static final int STEP = 8192;

    private final FaultyDisk disk = new FaultyDisk();
    private final ByteBuffer zeros = ByteBuffer.allocateDirect(STEP / 2);

    @TempDir
    Path folder;

    @Test
    void roomIsMadeBehindWhatIsThere() throws IOException {
        byte[] before = "events".getBytes(StandardCharsets.US_ASCII);
        Path file = Files.write(folder.resolve("events"), before);
        AuditRoom room = AuditRoom.begin(disk, file, before.length, STEP, zeros);
        room.want(before.length + 4 * STEP);
        assertTrue(room.await(before.length + 1) >= before.length + STEP, "waits for one step at least");
        assertEquals(before.length + 4 * STEP, room.await(before.length + 4 * STEP));
        assertFalse(room.over(), "waits for more to be wanted");
        room.want(before.length + 5 * STEP);
        assertEquals(before.length + 5 * STEP, room.await(before.length + 5 * STEP), "wakes for more");
        room.want(before.length + 6 * STEP - 1);
        assertEquals(before.length + 5 * STEP, room.stop(), "whole steps only");
        assertTrue(room.over());
        byte[] after = Files.readAllBytes(file);
        assertEquals(before.length + 5 * STEP, after.length);
        assertEquals("events", new String(after, 0, before.length, StandardCharsets.US_ASCII));
        for (int i = before.length; i < after.length; i++) {
            assertEquals(0, after[i]);
        }
    }

    @Test
    void whoWaitsIsToldWhenTheDiskTakesNoMore() {
        disk.onWrite = new IOException("No space left on device");
        AuditRoom room = AuditRoom.begin(disk, folder.resolve("events"), 0, STEP, zeros);
        room.want(4 * STEP);
        assertEquals(0, room.await(STEP));
        assertTrue(room.over());
    }

    @Test
    void itEndsAfterTheStepItIsAtWhenItIsStopped() {
        disk.hold();
        AuditRoom room = AuditRoom.begin(disk, folder.resolve("events"), 0, STEP, zeros);
        room.want(4L * STEP);
        Thread stopper = Thread.ofVirtual().start(room::stop);
        while (stopper.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        disk.goOn();
        long reached = room.await(Long.MAX_VALUE);
        assertTrue(reached <= STEP, "no second step");
    }
}
