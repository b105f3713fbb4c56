// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.managedhsm.crypto.fixture.ThreadStack;
import dev.managedhsm.crypto.foreign.CLibrary;
import dev.managedhsm.crypto.foreign.LibraryFailure;
import java.security.SecureRandom;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class NativeCallTest {
    @Test
    void leavesNothingOnTheStackHoweverItEnds() throws Exception {
        assumeTrue(CLibrary.known());
        byte[] left = random(8192);
        clearEnds(left);
        byte[] done = ThreadStack.after(() -> NativeCall.run(() -> ThreadStack.leave(left)));
        byte[] failed = ThreadStack.after(() -> assertThrows(
                EngineFailure.class,
                () -> NativeCall.run(() -> {
                    ThreadStack.leave(left);
                    throw new LibraryFailure("on purpose");
                })));
        assertEquals(0, ThreadStack.pieces(left, done));
        assertEquals(0, ThreadStack.pieces(left, failed));
    }

    @Test
    void leavesNothingOnTheStackOfWhoClosesAWorker() throws Exception {
        assumeTrue(CLibrary.known());
        byte[] left = random(8192);
        clearEnds(left);
        try (NativeEngine engine = NativeEngine.open()) {
            byte[] stack = ThreadStack.after(() -> {
                try (EngineWorker _ = engine.worker()) {
                    ThreadStack.leave(left);
                }
            });
            assertEquals(0, ThreadStack.pieces(left, stack));
        }
    }

    /** Which lie deeper than what the call that wipes reaches, or less deep, where frames that follow overwrite them or not. */
    private static void clearEnds(byte[] left) {
        Arrays.fill(left, 0, 1024, (byte) 0);
        Arrays.fill(left, 7168, 8192, (byte) 0);
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new SecureRandom().nextBytes(bytes);
        return bytes;
    }
}
