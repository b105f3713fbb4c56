// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.managedhsm.crypto.fixture.ThreadStack;
import dev.managedhsm.crypto.foreign.CLibrary;
import dev.managedhsm.crypto.foreign.LibraryFailure;
import org.junit.jupiter.api.Test;

class NativeCallTest {
    @Test
    void leavesNothingOnTheStackHoweverItEnds() throws Exception {
        assumeTrue(CLibrary.known());
        byte[] left = ThreadStack.bytesToLeave();
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
        byte[] left = ThreadStack.bytesToLeave();
        try (NativeEngine engine = NativeEngine.open()) {
            byte[] stack = ThreadStack.after(() -> {
                try (EngineWorker _ = engine.worker()) {
                    ThreadStack.leave(left);
                }
            });
            assertEquals(0, ThreadStack.pieces(left, stack));
        }
    }
}
