// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ThreadsTest {
    @Test
    void thereIsAnEventLoopForEachCoreThatFastWorkersLeave() {
        assertEquals(5, Threads.eventLoopsBeside(3, 8));
        assertEquals(5, Threads.forCores(8).eventLoops());
    }

    @Test
    void thereIsOneEventLoopWhereFastWorkersLeaveNoCore() {
        assertEquals(1, Threads.eventLoopsBeside(8, 8));
        assertEquals(1, Threads.eventLoopsBeside(9, 8));
    }
}
