// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The wall clock, held against a steady one whenever it is read. Tokens expire, keys are purged and rotated by it: a clock that
 * jumps would make expired tokens good or destroy keys, so whoever is told fails the HSM before anybody acts on the new time.
 *
 * <p>Any thread may read it, also event loops: without a jump a reading costs one of each clock. Corrections of up to {@link
 * #JUMP_MAX} at once, as a time service makes them, are taken. A machine that was suspended has not jumped.
 */
final class WatchedClock extends Clock {
    /** How far the clock may move at once: as far as tokens' times are tolerated. */
    static final Duration JUMP_MAX = Duration.ofMinutes(5);

    private static final Logger LOG = LoggerFactory.getLogger(WatchedClock.class);
    private static final Path UPTIME = Path.of("/proc/uptime");

    private final Clock wall;
    private final LongSupplier steadyMillis;
    private final LongSupplier uptimeMillis;

    /** How far the wall clock is ahead of each of the others. */
    private volatile Ahead ahead;

    private volatile Consumer<String> jumped = reason -> LOG.error("{}", reason);

    /** Of one moment. */
    private record Ahead(long steady, long uptime) {}

    /** The system's clocks. */
    WatchedClock() {
        this(
                Clock.systemUTC(),
                () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()),
                WatchedClock::systemUptimeMillis);
    }

    /**
     * @param wall the clock that is watched
     * @param steadyMillis never jumps, and stands still while the machine is suspended
     * @param uptimeMillis never jumps, and goes on while the machine is suspended; slow to read
     */
    WatchedClock(Clock wall, LongSupplier steadyMillis, LongSupplier uptimeMillis) {
        this.wall = wall;
        this.steadyMillis = steadyMillis;
        this.uptimeMillis = uptimeMillis;
        this.ahead = ahead(wall.millis());
    }

    /** Linux counts this since the machine was started, suspended or not; elsewhere a suspension is taken for a jump. */
    private static long systemUptimeMillis() {
        try {
            String text = Files.readString(UPTIME);
            return (long) (1_000 * Double.parseDouble(text.substring(0, text.indexOf(' '))));
        } catch (IOException | RuntimeException unknown) {
            return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
        }
    }

    private Ahead ahead(long wallMillis) {
        return new Ahead(wallMillis - steadyMillis.getAsLong(), wallMillis - uptimeMillis.getAsLong());
    }

    /** Has somebody told when the clock has jumped, in one sentence, by the thread that read it. */
    void whenJumped(Consumer<String> told) {
        jumped = told;
    }

    @Override
    public Instant instant() {
        Instant now = wall.instant();
        look(now.toEpochMilli());
        return now;
    }

    @Override
    public long millis() {
        long now = wall.millis();
        look(now);
        return now;
    }

    private void look(long wallMillis) {
        Ahead was = ahead;
        long moved = wallMillis - steadyMillis.getAsLong() - was.steady();
        if (Math.abs(moved) <= 1_000) {
            return;
        }
        Ahead now = ahead(wallMillis);
        ahead = now;
        long jump = now.uptime() - was.uptime();
        if (Math.abs(jump) > JUMP_MAX.toMillis()) {
            jumped.accept("the clock jumped by " + jump / 1_000
                    + " s: set it right, then start anew; nothing was purged or rotated by the new time");
        }
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException("times are in UTC here");
    }
}
