// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Cores and the threads that want them, in the model's time.
 *
 * <pre>
 *   ask ─▶ a thread of the station sleeps: it is woken, that takes a while ─▶ a core that it may have ─▶ works ─▶ sleeps
 *          none does: waits for one                                           idle, or the one it had last: waits in its queue
 * </pre>
 *
 * <p>A thread keeps its core while it has work, up to a slice when others wait. What a wake-up costs is taken when the thread
 * goes to sleep again; work that comes meanwhile is taken without another. One thread, used once.
 */
final class CoreShare {
    /** Linux looks four milliseconds apart whether a thread has had its core for long enough. */
    private static final double SLICE_NANOS = 3_000_000;

    private final List<Core> cores = new ArrayList<>();
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final double wakeNanos;
    private final SplittableRandom random;
    private long order;
    private double now;
    private double pausedUntil;

    private record Event(double at, long order, Runnable what) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int first = Double.compare(at, other.at);
            return first != 0 ? first : Long.compare(order, other.order);
        }
    }

    /**
     * Work of one thread.
     *
     * @param nanos of CPU time
     * @param wakeNanos of CPU time, if the thread is woken for it
     * @param begins told when it begins
     * @param ends told when it ends
     */
    record Burst(double nanos, double wakeNanos, Runnable begins, Runnable ends) {}

    /** Threads that do the same, and what waits for them. */
    static final class Station {
        private final boolean spins;
        private final Deque<Runner> settling = new ArrayDeque<>();
        private final Deque<Burst> waiting = new ArrayDeque<>();
        private final Deque<Runner> asleep = new ArrayDeque<>();

        Station(boolean spins) {
            this.spins = spins;
        }
    }

    private static final class Runner {
        private final Station station;
        private final List<Core> allowed;
        private final boolean last;
        private Core core;
        private @Nullable Burst burst;
        private double leftNanos;
        private double owedNanos;
        private double asleepAt;
        private int turn;

        Runner(Station station, List<Core> allowed, boolean last) {
            this.station = station;
            this.allowed = allowed;
            this.last = last;
            this.core = allowed.getFirst();
        }

        void take(Burst next) {
            burst = next;
            leftNanos = next.nanos;
        }
    }

    private static final class Core {
        private final Deque<Runner> ready = new ArrayDeque<>();
        private final Deque<Runner> readyLast = new ArrayDeque<>();
        private final Stalls stalls;
        private final long[] lengths;
        private @Nullable Runner running;
        private double sliceEnds;
        private double stallBegins;
        private double stallEnds;

        Core(Stalls stalls) {
            this.stalls = stalls;
            this.lengths = QueueModel.quantiles(stalls.lengths());
        }

        boolean idle() {
            return running == null && ready.isEmpty() && readyLast.isEmpty();
        }

        void add(Runner thread) {
            (thread.last ? readyLast : ready).add(thread);
        }

        @Nullable
        Runner next() {
            Runner next = ready.poll();
            return next == null ? readyLast.poll() : next;
        }

        boolean wanted() {
            return !ready.isEmpty() || !readyLast.isEmpty();
        }
    }

    /**
     * @param wakeNanos until a thread that is woken wants a core
     * @param stalls of each core, as many as there are
     * @param random for the stalls
     */
    CoreShare(double wakeNanos, List<Stalls> stalls, SplittableRandom random) {
        this.wakeNanos = wakeNanos;
        this.random = random;
        stalls.forEach(one -> cores.add(new Core(one)));
    }

    /** The time, in nanoseconds since the start. */
    double now() {
        return now;
    }

    /**
     * A station without threads.
     *
     * @param spins whether a thread about to sleep takes work that comes at once; otherwise when it is done with what it does then
     */
    Station station(boolean spins) {
        return new Station(spins);
    }

    /**
     * Gives a station a thread.
     *
     * @param from the first core that it may have
     * @param to the one behind the last
     * @param last whether it steps back behind all others
     */
    void thread(Station station, int from, int to, boolean last) {
        station.asleep.add(new Runner(station, cores.subList(from, to), last));
    }

    /** Has something happen at a time. */
    void at(double nanos, Runnable what) {
        events.add(new Event(nanos, order++, what));
    }

    /** Lets nothing begin for a while, or for longer if it is so already. */
    void pause(double nanos) {
        pausedUntil = Math.max(now, pausedUntil) + nanos;
    }

    /** Has a station do something. */
    void ask(Station station, Burst burst) {
        Runner settling = station.spins ? station.settling.poll() : null;
        if (settling != null) {
            stay(settling, burst);
            return;
        }
        Runner thread = station.asleep.poll();
        if (thread == null) {
            station.waiting.add(burst);
            return;
        }
        thread.take(burst);
        thread.owedNanos = burst.wakeNanos;
        at(now + wakeNanos, () -> wantCore(thread));
    }

    /** One that is about to sleep has its core still, and takes work at once. */
    private void stay(Runner thread, Burst burst) {
        thread.turn++;
        thread.owedNanos = thread.asleepAt - now;
        thread.take(burst);
        go(thread.core, thread);
    }

    /** Until nothing happens any more. */
    void run() {
        Event next;
        while ((next = events.poll()) != null) {
            now = next.at;
            next.what.run();
        }
    }

    private void wantCore(Runner thread) {
        Core core = place(thread);
        core.add(thread);
        if (core.running == null) {
            give(core);
        }
    }

    /** As Linux does: the core it had last, unless that is busy and another is idle. */
    private static Core place(Runner thread) {
        if (!thread.core.idle()) {
            for (Core other : thread.allowed) {
                if (other.idle()) {
                    return other;
                }
            }
        }
        return thread.core;
    }

    private void give(Core core) {
        Runner thread = core.next();
        core.running = thread;
        if (thread != null) {
            thread.core = core;
            core.sliceEnds = Math.max(now, pausedUntil) + SLICE_NANOS;
            go(core, thread);
        }
    }

    private void go(Core core, Runner thread) {
        Burst burst = thread.burst;
        if (burst == null) {
            throw new IllegalStateException("a thread has a core only while it has work");
        }
        double from = awake(core, Math.max(now, pausedUntil));
        if (from > now) {
            at(from, () -> go(core, thread));
            return;
        }
        if (thread.leftNanos == burst.nanos) {
            burst.begins.run();
        }
        double nanos = Math.min(thread.leftNanos, Math.max(1, core.sliceEnds - now));
        at(end(core, nanos), () -> went(core, thread, nanos));
    }

    /** When the core does something from a time on: then, or when the stall of that time ends. */
    private double awake(Core core, double from) {
        if (core.stalls.share() == 0) {
            return from;
        }
        while (core.stallEnds <= from) {
            core.stallBegins = core.stallEnds + exponential(core.stalls.betweenNanos());
            core.stallEnds = core.stallBegins + core.lengths[random.nextInt(core.lengths.length)];
        }
        return core.stallBegins <= from ? core.stallEnds : from;
    }

    /** When so much is done that begins now. */
    private double end(Core core, double nanos) {
        double left = nanos;
        double from = now;
        while (core.stalls.share() > 0 && from + left > core.stallBegins) {
            left -= core.stallBegins - from;
            from = awake(core, core.stallEnds);
        }
        return from + left;
    }

    private double exponential(double mean) {
        return -Math.log(1 - random.nextDouble()) * mean;
    }

    private void went(Core core, Runner thread, double nanos) {
        thread.leftNanos -= nanos;
        if (thread.leftNanos <= 0) {
            ended(thread);
        }
        if (thread.burst == null) {
            settle(core, thread);
        } else if (now >= core.sliceEnds && core.wanted()) {
            core.add(thread);
            give(core);
        } else {
            if (now >= core.sliceEnds) {
                core.sliceEnds = now + SLICE_NANOS;
            }
            go(core, thread);
        }
    }

    private static void ended(Runner thread) {
        Burst done = thread.burst;
        if (done != null) {
            done.ends.run();
        }
        next(thread);
    }

    private static void next(Runner thread) {
        Burst next = thread.station.waiting.poll();
        if (next == null) {
            thread.burst = null;
        } else {
            thread.take(next);
        }
    }

    /** Takes what the wake-up costs, then sleeps, unless something came meanwhile. */
    private void settle(Core core, Runner thread) {
        Station station = thread.station;
        station.settling.add(thread);
        thread.asleepAt = now + thread.owedNanos;
        int turn = thread.turn;
        at(thread.asleepAt, () -> {
            if (turn == thread.turn) {
                thread.turn++;
                thread.owedNanos = 0;
                station.settling.remove(thread);
                next(thread);
                if (thread.burst == null) {
                    station.asleep.push(thread);
                    give(core);
                } else {
                    go(core, thread);
                }
            }
        });
    }
}
