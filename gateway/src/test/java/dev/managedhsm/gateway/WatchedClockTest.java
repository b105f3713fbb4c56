// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WatchedClockTest {
    private static final long MINUTE = 60_000;

    private long wall = 1_700_000_000_000L;
    private long steady = 5_000;
    private long uptime = 9_000;
    private final List<String> told = new ArrayList<>();
    private final WatchedClock clock = new WatchedClock(
            new Clock() {
                @Override
                public Instant instant() {
                    return Instant.ofEpochMilli(wall);
                }

                @Override
                public ZoneId getZone() {
                    return ZoneOffset.UTC;
                }

                @Override
                public Clock withZone(ZoneId zone) {
                    return this;
                }
            },
            () -> steady,
            () -> uptime);

    @BeforeEach
    void listen() {
        clock.whenJumped(told::add);
    }

    private void pass(long millis) {
        wall += millis;
        steady += millis;
        uptime += millis;
    }

    @Test
    void tellsTheTimeAndNothingElseWhileClocksAgree() {
        for (int i = 0; i < 1_000; i++) {
            pass(100 * MINUTE);
            assertEquals(wall, clock.millis());
            assertEquals(Instant.ofEpochMilli(wall), clock.instant());
        }
        assertEquals(List.of(), told);
    }

    @Test
    void tellsOfAJumpForwardsAndBackOnce() {
        wall += 40 * 24 * 60 * MINUTE;
        assertEquals(wall, clock.millis());
        assertEquals(1, told.size());
        assertTrue(told.getFirst().contains("jumped by 3456000 s"), told.toString());
        pass(MINUTE);
        assertEquals(wall, clock.millis());
        assertEquals(1, told.size(), "once");

        wall -= 6 * MINUTE;
        assertEquals(wall, clock.instant().toEpochMilli());
        assertTrue(told.getLast().contains("jumped by -360 s"), told.toString());
    }

    @Test
    void takesCorrectionsOfATimeService() {
        for (int i = 0; i < 10; i++) {
            wall += 4 * MINUTE;
            pass(MINUTE);
            assertEquals(wall, clock.millis());
            wall -= 4 * MINUTE;
            pass(MINUTE);
            assertEquals(wall, clock.millis());
        }
        assertEquals(List.of(), told);
    }

    @Test
    void takesASuspensionForNoJump() {
        wall += 600 * MINUTE;
        uptime += 600 * MINUTE; // the steady clock stood still
        assertEquals(wall, clock.millis());
        pass(MINUTE);
        assertEquals(wall, clock.millis());
        assertEquals(List.of(), told);
    }

    @Test
    void readsTheSystemsClocks() {
        WatchedClock system = new WatchedClock();
        system.whenJumped(told::add);
        long before = System.currentTimeMillis();
        assertTrue(system.millis() >= before);
        assertEquals(List.of(), told);
    }
}
