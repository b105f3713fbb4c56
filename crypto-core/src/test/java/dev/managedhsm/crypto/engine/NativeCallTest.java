// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.managedhsm.crypto.fixture.ThreadStack;
import dev.managedhsm.crypto.foreign.CLibrary;
import dev.managedhsm.crypto.foreign.LibraryFailure;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class NativeCallTest {
    @Test
    void leavesNothingOnTheStackHoweverItEnds() throws Exception {
        assumeTrue(CLibrary.known());
        byte[] left = random(8192); // of which the first ones, deepest in the stack, are left alone
        Arrays.fill(left, 0, 1024, (byte) 0);
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
        Arrays.fill(left, 0, 1024, (byte) 0);
        try (NativeEngine engine = NativeEngine.open()) {
            byte[] stack = ThreadStack.after(() -> {
                try (EngineWorker _ = engine.worker()) {
                    ThreadStack.leave(left);
                }
            });
            assertEquals(0, ThreadStack.pieces(left, stack));
        }
    }

    @Test
    void leavesNothingOfAKeyThatIsSealedOpenedOrLoaded() throws Exception {
        assumeTrue(CLibrary.known());
        byte[] key = random(KeyClass.OCT_128.bytes());
        byte[] nonce = random(Sealer.NONCE_LENGTH);
        byte[] aad = random(40);
        try (NativeEngine engine = NativeEngine.open();
                Arena arena = Arena.ofShared();
                Sealer sealer = engine.sealer(arena.allocateFrom(JAVA_BYTE, random(32)))) {
            MemorySegment secret = arena.allocateFrom(JAVA_BYTE, key);
            MemorySegment sealed = arena.allocate(key.length + Sealer.TAG_LENGTH);
            MemorySegment opened = arena.allocate(key.length);
            for (int i = 0; i < 2000; i++) { // the JVM saves registers while it makes code of what it interpreted
                byte[] stack = ThreadStack.after(() -> {
                    sealer.seal(nonce, aad, secret, sealed);
                    sealer.open(nonce, aad, sealed, opened);
                    engine.load(KeyClass.OCT_128, new PublicPart.None(), opened).close();
                });
                assertEquals(0, ThreadStack.pieces(key, stack));
            }
        }
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new SecureRandom().nextBytes(bytes);
        return bytes;
    }
}
