// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.pulse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WakeUpsTest {
    private static final long MILLI = 1_000_000;
    private static final long END = 1_800_000_000_000L;

    private static final int ATTEMPTS_MAX = 50;

    @ParameterizedTest
    @CsvSource({
        "50, 45, 0, STALL, no core was free for 45 ms",
        "50, 45, 60, STALL, no core was free for 45 ms",
        "50, 1, 55, SAFEPOINT, the JVM held its threads",
        "50, 1, 3, STALL, the whole process stood still",
        "50, 1, 12, STALL, the whole process stood still",
        "15, 1, 3, STALL, too short to tell",
        "50, -1, 55, STALL, a waiting thread was woken late",
    })
    void namesAPauseByWhoRanMeanwhile(long late, long waited, long worked, Pause.Kind kind, String cause) {
        Pause pause = WakeUps.judge(END, late * MILLI, waited < 0 ? -1 : waited * MILLI, worked * MILLI);
        assertEquals(kind, pause.kind());
        assertTrue(pause.cause().contains(cause), pause.cause());
        assertEquals(END - late, pause.startMillis());
        assertEquals((double) late, pause.millis());
    }

    @Test
    void knowsASafepointOfThisProcess() throws Exception {
        Object[] crowd = new Object[2_000_000];
        for (int i = 0; i < crowd.length; i++) {
            crowd[i] = new long[] {i};
        }
        Pause safepoint = null;
        for (int i = 0; i < ATTEMPTS_MAX && safepoint == null; i++) { // others may have the cores meanwhile
            safepoint = during(WakeUpsTest::countObjects);
        }
        assertNotNull(safepoint, "none was noticed");
        assertTrue(safepoint.millis() >= 10, safepoint.toString());
        assertEquals(2_000_000, crowd.length);
    }

    /** What a sleeping thread notices of something, if that is a safepoint. */
    private static @Nullable Pause during(Runnable action) throws InterruptedException {
        AtomicBoolean over = new AtomicBoolean();
        Pause[] noticed = new Pause[1];
        Thread sleeper = Thread.ofPlatform().start(() -> {
            OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
            try (WakeUps wakeUps = WakeUps.open(system)) {
                while (!over.get()) {
                    Pause pause = wakeUps.sleep(10 * MILLI, InstantSource.system());
                    if (pause != null && pause.kind() == Pause.Kind.SAFEPOINT) {
                        noticed[0] = pause;
                    }
                }
            }
        });
        action.run();
        over.set(true);
        sleeper.join();
        return noticed[0];
    }

    /** The JVM counts all objects at a safepoint; it does not collect before. */
    private static void countObjects() {
        try {
            Object text = ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "gcClassHistogram",
                            new Object[] {new String[] {"-all"}},
                            new String[] {String[].class.getName()});
            assertTrue(String.valueOf(text).contains("[J"));
        } catch (javax.management.JMException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aCollectionExplainsWhatWasNoticedOfIt() {
        Pause first = new Pause(END, 50, Pause.Kind.GC, "a collection");
        assertTrue(first.explains(new Pause(END + 49, 10, Pause.Kind.SAFEPOINT, "")));
        assertTrue(first.explains(new Pause(END - 10, 10, Pause.Kind.SAFEPOINT, "")));
        assertFalse(first.explains(new Pause(END + 60, 10, Pause.Kind.SAFEPOINT, "")));
        assertFalse(first.explains(new Pause(END - 60, 10, Pause.Kind.SAFEPOINT, "")));
        assertFalse(first.explains(new Pause(END - 60, 120, Pause.Kind.STALL, "")), "it is only a part of that");
    }
}
