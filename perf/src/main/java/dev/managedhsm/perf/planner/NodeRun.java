// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * One node worked through moment by moment. A request passes the stations in this order; each has threads, and each of its
 * bursts needs a core:
 *
 * <pre>
 *   sender ─▶ event loop ─▶ lane's worker ─▶ event loop ─▶ audit: all that wait share a force ─▶ event loop ─▶ sender
 * </pre>
 *
 * <p>Cores are given out first come, first served, a slice at a time; workers of the slow lane get one that nobody else
 * wants. A thread that slept takes a while to begin. The force takes time and no core. While a garbage collector pauses its
 * process it has all cores, and what is given one waits. One thread, used once.
 */
final class NodeRun {
    /** How long a thread keeps its core while others wait for one. */
    private static final double SLICE_NANOS = 1_000_000;

    /** The event loop's work on a request in its three visits: taking it in, encoding, letting the answer go. */
    private static final double TAKING = 0.5;

    private static final double ENCODING = 0.2;
    private static final double LEAVING = 0.3;

    private final EdgeCosts costs;
    private final boolean senderBeside;
    private final Station sender = new Station(1, false);
    private final Station loops;
    private final Station fast;
    private final Station slow;
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final Deque<Burst> ready = new ArrayDeque<>();
    private final Deque<Burst> readyLast = new ArrayDeque<>();
    private final List<Request> recording = new ArrayList<>();
    private List<Request> recorded = List.of();
    private boolean forcing;
    private int coresFree;
    private long order;
    private int ended;
    private double now;
    private double pausedUntil;

    /** A request on its way; what the model draws is drawn when it arrives. */
    static final class Request {
        private final double arrivalNanos;
        private final double serviceNanos;
        private final double forceNanos;
        private final boolean slow;
        private double doneNanos;

        Request(double arrivalNanos, double serviceNanos, double forceNanos, boolean slow) {
            this.arrivalNanos = arrivalNanos;
            this.serviceNanos = serviceNanos;
            this.forceNanos = forceNanos;
            this.slow = slow;
        }

        double latencyNanos() {
            return doneNanos - arrivalNanos;
        }
    }

    private record Event(double at, long order, Runnable what) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int first = Double.compare(at, other.at);
            return first != 0 ? first : Long.compare(order, other.order);
        }
    }

    /** Work that a thread has to do before it goes on with what comes then. */
    private static final class Burst {
        private final Station station;
        private double leftNanos;
        private final Runnable then;

        Burst(Station station, double nanos, Runnable then) {
            this.station = station;
            this.leftNanos = nanos;
            this.then = then;
        }
    }

    /** Threads that do the same, and what waits for them. */
    private static final class Station {
        private final boolean last;
        private final Deque<Burst> waiting = new ArrayDeque<>();
        private int asleep;

        Station(int threads, boolean last) {
            this.asleep = threads;
            this.last = last;
        }
    }

    NodeRun(EdgeCosts costs, Node node) {
        this.costs = costs;
        this.senderBeside = node.senderBeside();
        this.loops = new Station(node.lanes().loops(), false);
        this.fast = new Station(node.lanes().fast(), false);
        this.slow = new Station(node.lanes().slow(), true);
        this.coresFree = node.cores();
    }

    /**
     * Works all requests through to their ends.
     *
     * @throws IllegalArgumentException if one has none, because the node has no thread for it
     */
    void run(List<Request> requests) {
        for (int i = 0; i < requests.size(); i++) {
            Request one = requests.get(i);
            boolean pauses = costs.pauses().begins(i);
            boolean senderPauses = senderBeside && costs.senderPauses().begins(i);
            at(one.arrivalNanos, () -> {
                if (pauses) {
                    pause(costs.pauses().nanos());
                }
                if (senderPauses) {
                    pause(costs.senderPauses().nanos());
                }
                send(one);
            });
        }
        Event next;
        while ((next = events.poll()) != null) {
            now = next.at;
            next.what.run();
        }
        if (ended < requests.size()) {
            throw new IllegalArgumentException("the node has no thread for some requests");
        }
    }

    private void pause(long nanos) {
        pausedUntil = Math.max(now, pausedUntil) + nanos;
    }

    private void send(Request one) {
        bySender(() -> ask(
                loops,
                TAKING * costs.loopNanos(),
                () -> ask(
                        one.slow ? slow : fast,
                        one.serviceNanos,
                        () -> ask(loops, ENCODING * costs.loopNanos(), () -> record(one)))));
    }

    /** Half of the sender's work, on a core of the node or elsewhere. */
    private void bySender(Runnable then) {
        double nanos = costs.senderNanos() / 2.0;
        if (senderBeside) {
            ask(sender, nanos, then);
        } else {
            at(now + nanos + costs.wakeNanos(), then);
        }
    }

    private void record(Request one) {
        if (one.forceNanos == 0) {
            leave(one);
            return;
        }
        recording.add(one);
        if (!forcing) {
            force();
        }
    }

    /** The first one's force carries all that wait; the CPU time of the first is part of what its force was measured to take. */
    private void force() {
        forcing = true;
        recorded = List.copyOf(recording);
        recording.clear();
        double nanos = recorded.getFirst().forceNanos + (recorded.size() - 1) * (double) costs.auditNanos();
        at(now + nanos, this::forced);
    }

    private void forced() {
        List<Request> durable = recorded;
        if (recording.isEmpty()) {
            forcing = false;
        } else {
            force();
        }
        durable.forEach(this::leave);
    }

    private void leave(Request one) {
        ask(
                loops,
                LEAVING * costs.loopNanos(),
                () -> bySender(() -> {
                    one.doneNanos = now;
                    ended++;
                }));
    }

    private void ask(Station station, double nanos, Runnable then) {
        Burst burst = new Burst(station, nanos, then);
        if (station.asleep > 0) {
            station.asleep--;
            at(now + costs.wakeNanos(), () -> wantCore(burst));
        } else {
            station.waiting.add(burst);
        }
    }

    private void wantCore(Burst burst) {
        if (coresFree > 0) {
            coresFree--;
            onCore(burst);
        } else {
            (burst.station.last ? readyLast : ready).add(burst);
        }
    }

    private void onCore(Burst burst) {
        double nanos = Math.min(SLICE_NANOS, burst.leftNanos);
        burst.leftNanos -= nanos;
        at(Math.max(now, pausedUntil) + nanos, () -> offCore(burst));
    }

    private void offCore(Burst burst) {
        if (burst.leftNanos > 0) {
            (burst.station.last ? readyLast : ready).add(burst);
        } else {
            Burst next = burst.station.waiting.poll();
            if (next == null) {
                burst.station.asleep++;
            } else {
                ready(next);
            }
            burst.then.run();
        }
        Burst next = nextReady();
        if (next == null) {
            coresFree++;
        } else {
            onCore(next);
        }
    }

    private void ready(Burst burst) {
        (burst.station.last ? readyLast : ready).add(burst);
    }

    private @Nullable Burst nextReady() {
        Burst next = ready.poll();
        return next == null ? readyLast.poll() : next;
    }

    private void at(double nanos, Runnable what) {
        events.add(new Event(nanos, order++, what));
    }
}
