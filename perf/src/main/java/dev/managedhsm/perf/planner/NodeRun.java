// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import dev.managedhsm.perf.planner.CoreShare.Burst;
import dev.managedhsm.perf.planner.CoreShare.Station;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * One node worked through moment by moment. A request passes the stations in this order; each has threads, and each of its
 * bursts needs a core:
 *
 * <pre>
 *   sender ─▶ event loop ─▶ lane's worker ─▶ event loop ─▶ audit: all that wait share a force ─▶ event loop ─▶ sender
 *
 *   cores   0 … left-1: event loops, audit, slow workers, sender        left …: a fast worker each
 * </pre>
 *
 * <p>Who has which core is as in {@link dev.managedhsm.crypto.ring.Cores}; without a core left all have all. A
 * sender beside may have any, but Linux leaves it where the event loops are that wake it. The force takes time and no core. While a
 * garbage collector pauses, the sender's too, nothing begins: of the sender's that is too much by what the HSM does meanwhile. One
 * thread, used once.
 */
final class NodeRun {
    /** The event loop's work on a request in its three visits: taking it in, encoding, letting the answer go. */
    private static final double TAKING = 0.5;

    private static final double ENCODING = 0.2;
    private static final double LEAVING = 0.3;

    /** The audit log's thread is woken once, and the system lets it sleep twice within a force. */
    private static final int FORCE_SLEEPS = 3;

    private final ServiceProfile profile;
    private final boolean senderBeside;
    private final CoreShare cores;
    private final Station sender;
    private final Station loops;
    private final Station fast;
    private final Station slow;
    private final Station audit;
    private final List<Request> recording = new ArrayList<>();
    private boolean auditing;
    private int ended;

    /** A request on its way; what the model draws is drawn when it arrives. */
    static final class Request {
        private final double arrivalNanos;
        private final WorkProfile work;
        private final double executeNanos;
        private final double forceNanos;
        private final boolean slow;
        private double taken;
        private double published;
        private double started;
        private double executed;
        private double returned;
        private double encoded;
        private double left;
        private double done;

        /**
         * @param arrivalNanos when it is to be sent
         * @param work what it takes
         * @param executeNanos how long its worker has it
         * @param forceNanos how long its force takes if it is the first of those who share it; 0: it is not recorded
         * @param slow whether it is for the slow lane
         */
        Request(double arrivalNanos, WorkProfile work, double executeNanos, double forceNanos, boolean slow) {
            this.arrivalNanos = arrivalNanos;
            this.work = work;
            this.executeNanos = executeNanos;
            this.forceNanos = forceNanos;
            this.slow = slow;
        }

        /** Nanoseconds of a stretch. */
        double nanos(Stretch stretch) {
            return switch (stretch) {
                case QUEUE -> started - published;
                case EXECUTE -> executed - started;
                case RETURN -> returned - executed;
                case AUDIT -> left - encoded;
                case TOTAL -> left - taken;
                case CALLER -> done - arrivalNanos;
            };
        }
    }

    /**
     * Of a node at which nothing has happened yet.
     *
     * @param random for what happens whoever asks
     */
    NodeRun(ServiceProfile profile, Node node, SplittableRandom random) {
        this.profile = profile;
        this.senderBeside = node.senderBeside();
        List<Stalls> stalls = new ArrayList<>();
        for (int i = 0; i < node.cores(); i++) {
            stalls.add(i < node.left() ? profile.leftStalls() : profile.workerStalls());
        }
        this.cores = new CoreShare(profile.wakeNanos(), stalls, random);
        this.sender = cores.station(false);
        this.loops = cores.station(false);
        this.fast = cores.station(true);
        this.slow = cores.station(true);
        this.audit = cores.station(false);
        threads(node);
    }

    private void threads(Node node) {
        int all = node.cores();
        int left = node.left() > 0 ? node.left() : all;
        for (int i = 0; i < node.lanes().loops(); i++) {
            cores.thread(loops, 0, left, false);
        }
        for (int i = 0; i < node.lanes().fast(); i++) {
            int core = all - 1 - i % all;
            cores.thread(fast, core, core + 1, false);
        }
        for (int i = 0; i < node.lanes().slow(); i++) {
            cores.thread(slow, i % left, i % left + 1, true);
        }
        cores.thread(audit, 0, left, false);
        cores.thread(sender, 0, left, false);
    }

    /**
     * Works all requests through to their ends.
     *
     * @throws IllegalArgumentException if one has none, because the node has no thread for it
     */
    void run(List<Request> requests) {
        for (int i = 0; i < requests.size(); i++) {
            Request one = requests.get(i);
            boolean pauses = profile.pauses().begins(i);
            boolean senderPauses = senderBeside && profile.senderPauses().begins(i);
            cores.at(one.arrivalNanos, () -> {
                if (pauses) {
                    cores.pause((double) profile.pauses().nanos());
                }
                if (senderPauses) {
                    cores.pause((double) profile.senderPauses().nanos());
                }
                bySender(one, () -> take(one));
            });
        }
        cores.run();
        if (ended < requests.size()) {
            throw new IllegalArgumentException("the node has no thread for some requests");
        }
    }

    /** Half of the sender's work, on a core of the node or elsewhere. */
    private void bySender(Request one, Runnable then) {
        ThreadCost cost = one.work.sender();
        double nanos = cost.requestNanos() / 2;
        if (senderBeside) {
            cores.ask(sender, new Burst(nanos, cost.wakeNanos(), NodeRun::nothing, then));
        } else {
            cores.at(cores.now() + nanos + profile.wakeNanos(), then);
        }
    }

    private void byLoop(Request one, double part, Runnable begins, Runnable ends) {
        ThreadCost cost = one.work.loop();
        cores.ask(loops, new Burst(part * cost.requestNanos(), cost.wakeNanos(), begins, ends));
    }

    private void take(Request one) {
        byLoop(one, TAKING, () -> one.taken = cores.now(), () -> {
            one.published = cores.now();
            execute(one);
        });
    }

    private void execute(Request one) {
        ThreadCost beside = one.work.worker();
        cores.ask(
                one.slow ? slow : fast,
                new Burst(
                        one.executeNanos + beside.requestNanos(),
                        beside.wakeNanos(),
                        () -> one.started = cores.now(),
                        () -> {
                            one.executed = cores.now();
                            encode(one);
                        }));
    }

    private void encode(Request one) {
        byLoop(one, ENCODING, () -> one.returned = cores.now(), () -> {
            one.encoded = cores.now();
            record(one);
        });
    }

    private void record(Request one) {
        if (one.forceNanos == 0) {
            leave(one);
            return;
        }
        recording.add(one);
        if (!auditing) {
            auditing = true;
            byAudit(0, this::force);
        }
    }

    private static void nothing() {}

    private void byAudit(double nanos, Runnable ends) {
        cores.ask(audit, new Burst(nanos, 0, NodeRun::nothing, ends));
    }

    /** All that wait now share the force of the first; what the thread's sleeping costs is taken with the batch. */
    private void force() {
        List<Request> batch = List.copyOf(recording);
        recording.clear();
        Request first = batch.getFirst();
        double nanos = FORCE_SLEEPS * first.work.audit().wakeNanos();
        for (Request one : batch) {
            nanos += one.work.audit().requestNanos();
        }
        byAudit(nanos, () -> cores.at(cores.now() + first.forceNanos, () -> byAudit(0, () -> forced(batch))));
    }

    private void forced(List<Request> durable) {
        durable.forEach(this::leave);
        if (recording.isEmpty()) {
            auditing = false;
        } else {
            byAudit(0, this::force);
        }
    }

    private void leave(Request one) {
        byLoop(
                one,
                LEAVING,
                () -> one.left = cores.now(),
                () -> bySender(one, () -> {
                    one.done = cores.now();
                    ended++;
                }));
    }
}
