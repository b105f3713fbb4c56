// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Sends requests until the server's just-in-time compiler has little left to do. */
public final class WarmUp {
    private static final int SLICE_FIRST = 500;
    private static final int SLICE_MAX = 20_000;
    private static final int SLICES_MIN = 4;

    /** Slices, or schedules, in a row that must be quiet. */
    private static final int QUIET_WANTED = 2;

    /** The part of a slice's CPU time that a quiet compiler takes at most. */
    private static final double QUIET = 0.02;

    private static final long NANOS_MAX = TimeUnit.SECONDS.toNanos(90);

    private static final double SCHEDULE_SECONDS = 10;
    private static final int SCHEDULES_MAX = 5;
    private static final long SEED = 100;

    private final Sender sender;
    private final Ask ask;
    private final int inFlight;

    /**
     * Sends nothing yet.
     *
     * @param sender what sends
     * @param ask the request
     * @param inFlight how many at once
     */
    public WarmUp(Sender sender, Ask ask, int inFlight) {
        this.sender = sender;
        this.ask = ask;
        this.inFlight = inFlight;
    }

    /** Sends; without a server's CPU time to look at, a few slices must do. */
    public void run(@Nullable ServerCpu cpu) throws IOException, InterruptedException {
        long endNanos = System.nanoTime() + NANOS_MAX;
        int quiet = 0;
        int requests = SLICE_FIRST;
        for (int slice = 0;
                slice < SLICES_MIN || (cpu != null && quiet < QUIET_WANTED && System.nanoTime() < endNanos);
                slice++) {
            ServerCpu.Reading before = cpu == null ? null : cpu.read();
            double perSecond = new ClosedLoop(sender, i -> ask, inFlight).run(requests);
            requests = (int) Math.clamp(perSecond, SLICE_FIRST, SLICE_MAX);
            if (cpu != null && before != null) {
                ServerCpu.Reading spent = cpu.read().since(before);
                quiet = quiet(spent) ? quiet + 1 : 0;
            }
        }
    }

    /**
     * Does both: first in a loop, then on a schedule.
     *
     * @param log takes histograms that nobody needs
     */
    public void runAndSchedule(double perSecond, ServerCpu cpu, Path log) throws IOException, InterruptedException {
        run(cpu);
        onSchedule(perSecond, cpu, log);
    }

    /**
     * Goes on with requests on a schedule, which meet other code than a loop that waits for its answers: what queues, what
     * is refused. Until the compiler was quiet twice in a row, at most five times ten seconds.
     *
     * @param log takes histograms that nobody needs
     */
    public void onSchedule(double perSecond, ServerCpu cpu, Path log) throws IOException, InterruptedException {
        int quiet = 0;
        for (int i = 0; i < SCHEDULES_MAX && quiet < QUIET_WANTED; i++) {
            ServerCpu.Reading before = cpu.read();
            Schedule schedule = Schedule.poisson(perSecond, SCHEDULE_SECONDS, SEED + i);
            var _ = new OpenLoop(sender, schedule, index -> ask).run(log);
            quiet = quiet(cpu.read().since(before)) ? quiet + 1 : 0;
        }
    }

    /** Whether a server's compiler had little to do. */
    static boolean quiet(ServerCpu.Reading spent) {
        return spent.of(ServerCpu.Part.COMPILER) <= QUIET * spent.all();
    }
}
