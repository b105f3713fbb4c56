// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import dev.managedhsm.crypto.fixture.ThreadStack;
import dev.managedhsm.crypto.foreign.CLibrary;
import java.lang.management.ManagementFactory;
import java.security.SecureRandom;
import org.junit.jupiter.api.Test;

class NativeStackTest {
    @Test
    void overwritesWhatNativeCallsLeft() throws Exception {
        assumeTrue(CLibrary.known());
        byte[] left = new byte[NativeStack.LENGTH];
        new SecureRandom().nextBytes(left);
        byte[] kept = ThreadStack.after(() -> ThreadStack.leave(left));
        byte[] wiped = ThreadStack.after(() -> {
            ThreadStack.leave(left);
            NativeStack.wipe();
        });
        assertTrue(ThreadStack.pieces(left, kept) > 100, "without wiping most of it stays");
        assertEquals(0, ThreadStack.pieces(left, wiped));
    }

    @Test
    void allocatesNothing() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int round = 0;
                round < 5 && least > 0;
                round++) { // the compiler can still be at work during the first ones
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 10_000; i++) {
                NativeStack.wipe();
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertEquals(0L, least);
    }

    @Test
    void isHeldWhereThereIsADeviceThatTakesEverything() {
        assertTrue(NativeStack.measure().held(), NativeStack.measure().why());
    }
}
