// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import com.lmax.disruptor.BusySpinWaitStrategy;
import com.lmax.disruptor.InsufficientCapacityException;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.Sequence;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.gateway.wire.WireError;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The audit log of a running HSM: event loops hand events over and never wait; one thread writes them, forces them to disk
 * and says up to where they are durable.
 *
 * <pre>
 *   event loop ─┐                                ┌─ events-….jsonl, leaves-….bin
 *   event loop ─┼─▶ ring ─▶ audit thread: encode, hash, write ─▶ force ─▶ durable ─▶ one wake-up per event loop
 *   event loop ─┘     ▲          └── whatever came while the last force ran goes into the next ──┘     │
 *       ▲             full or failed: 503                                                              │
 *       └──────────────────────────────────── answers leave ◀──────────────────────────────────────────┘
 * </pre>
 *
 * <p>Places of the ring are given back when their events are durable, so no more events wait than the ring has places.
 */
public final class AuditLog implements AutoCloseable {
    /** What is answered when an event cannot be recorded. */
    static final WireError NOT_RECORDED =
            WireError.unavailable("The request could not be recorded in the audit log, so it is not answered");

    private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);
    private static final long STOP_SECONDS_MAX = 20;

    /** What becomes of an answer whose event was offered. */
    enum Offer {
        /** The event was taken; the answer waits until it is durable. */
        WAITS,
        /** The event was taken; the answer need not wait for it. */
        LEAVES,
        /** The event was not taken, and nothing is answered. */
        REFUSED,
        /** Nothing is recorded: nobody need be woken. */
        UNRECORDED
    }

    /** A place in the ring. Reused for ever; holds an event from publish to durable. */
    static final class Place {
        @Nullable
        AuditEvent event;
    }

    private final AuditConfig config;
    private final InstantSource clock;
    private final CheckpointFile checkpointFile;
    private final RingBuffer<Place> ring;
    private final Sequence released = new Sequence();
    private final CheckpointMaker checkpoints;
    private final AuditWriter writer;
    private final Thread thread;
    private final List<AuditWaiters> loops = new CopyOnWriteArrayList<>();
    private final LongAdder refused = new LongAdder();
    private final long waitNanosMax;

    private volatile LongSupplier unread = () -> Long.MAX_VALUE;
    private volatile long durable = -1;
    private volatile boolean parked;
    private volatile boolean closing;

    /** When the writer began what it is at, or 0 while it waits for events; by this a stuck disk shows. */
    private volatile long busySinceNanos;

    /** Why nothing can be written now, in one sentence; null while it can. */
    private volatile @Nullable String failure;

    private AuditLog(
            AuditConfig config,
            AuditSource source,
            LogEnd end,
            CheckpointFile checkpointFile,
            AuditDisk disk,
            InstantSource clock,
            Runnable settle) {
        this.config = config;
        this.waitNanosMax = config.waitMax().toNanos();
        this.ring =
                RingBuffer.createMultiProducer(Place::new, AuditConfig.EVENTS_WAITING_MAX, new BusySpinWaitStrategy());
        ring.addGatingSequences(released);
        this.clock = clock;
        this.checkpointFile = checkpointFile;
        CheckpointThinner thinner = new CheckpointThinner(config.folder(), checkpointFile);
        this.checkpoints = new CheckpointMaker(checkpointFile, thinner, source.origin(), config.signingKeyAgeMax());
        this.writer = new AuditWriter(this, config, end, new EventLine(source), disk, checkpoints, clock, settle);
        this.thread = Thread.ofPlatform().name("audit").unstarted(writer);
    }

    /**
     * Opens the log's folder and starts its thread.
     *
     * @param config where it is and how it behaves
     * @param source what all events say alike
     * @param clock wall clock
     * @param settle what the log's thread does first, such as binding itself to a core
     * @throws IOException if the folder cannot be read or written
     * @throws AuditRefused if what is in it is no whole log
     */
    public static AuditLog open(AuditConfig config, AuditSource source, InstantSource clock, Runnable settle)
            throws IOException, AuditRefused {
        return open(config, source, AuditDisk.LOCAL, clock, settle);
    }

    /** The same on another disk. */
    static AuditLog open(AuditConfig config, AuditSource source, AuditDisk disk, InstantSource clock, Runnable settle)
            throws IOException, AuditRefused {
        boolean recorded = config.policy() != AuditPolicy.UNRECORDED;
        long nowMillis = clock.millis();
        LogEnd end = recorded
                ? LogRecovery.end(config.folder(), nowMillis)
                : new LogEnd(0, 0, 0, nowMillis, new MerkleTree());
        CheckpointFile checkpointFile = new CheckpointFile(config.folder());
        AuditLog log = new AuditLog(config, source, end, checkpointFile, disk, clock, settle);
        if (!recorded) {
            LOG.warn("NOTHING IS RECORDED in the audit log: this HSM runs for measurements only");
        } else {
            checkpointFile.open();
            log.thread.start();
            log.checkpoints.start();
        }
        return log;
    }

    /**
     * The root key is there: looks whether the log is still what was signed last, and has it signed from now on.
     *
     * @param records what the sealed store knows of the log; used until {@link #leave}
     * @throws SealFailure if a record is not as it was sealed
     * @throws AuditRefused if the log was shortened or altered
     * @throws IOException if the log cannot be read or written
     */
    public void seal(AuditRecords records) throws AuditRefused, IOException {
        if (config.policy() == AuditPolicy.UNRECORDED) {
            return;
        }
        records.takeOver();
        LogCheck.check(config.folder(), records.anchored(), events(), checkpointFile.last());
        checkpoints.use(records, events(), clock.millis());
        LockSupport.unpark(thread); // what came while nobody could sign is signed for now
    }

    /** The root key goes: the records are used no more from here on. Does nothing if others are in use. */
    public void leave(AuditRecords records) {
        checkpoints.leave(records);
    }

    private long events() {
        return writer.firstIndex() + durable + 1;
    }

    /** The waiting answers of an event loop; asked for once by each. */
    public synchronized AuditWaiters waiters(ScheduledExecutorService loop) {
        AuditWaiters waiters = new AuditWaiters(this, loops.size(), loop, waitNanosMax);
        loops.add(waiters);
        return waiters;
    }

    /**
     * Keeps the events that somebody has still to read, however old they are. Told once, before much is written.
     *
     * @param reader index of the first event that it has not read; asked by the log's thread
     */
    public void keepFor(LongSupplier reader) {
        unread = reader;
    }

    /** Index of the first event that somebody has still to read. */
    long needed() {
        return unread.getAsLong();
    }

    /** Takes an event, unless it cannot be written; {@link #announce} tells the log's thread. Any event loop; never waits. */
    Offer offer(AuditEvent event) {
        if (config.policy() == AuditPolicy.UNRECORDED) {
            return Offer.UNRECORDED;
        }
        if (refusing()) {
            refused.increment();
            return Offer.REFUSED;
        }
        long sequence;
        try {
            sequence = ring.tryNext();
        } catch (InsufficientCapacityException full) { // a constant without stack trace
            refused.increment();
            return Offer.REFUSED;
        }
        event.sequence = sequence;
        ring.get(sequence).event = event;
        ring.publish(sequence);
        return lags(sequence) ? Offer.WAITS : Offer.LEAVES;
    }

    /** Wakes the log's thread if it sleeps, so that it takes what was offered until now. Any event loop; never waits. */
    void announce() {
        VarHandle.fullFence(); // what was published is there before the writer is seen parked or awake
        if (parked) {
            LockSupport.unpark(thread);
        }
    }

    /** Whether an answer must wait for its event: always, or with a bounded lag when that is reached. */
    private boolean lags(long sequence) {
        return config.policy() == AuditPolicy.FAIL_CLOSED || sequence - durable > config.lagEventsMax();
    }

    /** Whether nothing new is recorded: writing fails, or has taken longer than an answer may wait. */
    boolean refusing() {
        return failure != null || stuck();
    }

    private boolean stuck() {
        long since = busySinceNanos;
        return since != 0 && System.nanoTime() - since > waitNanosMax;
    }

    /** Whether what waits now cannot be expected to become durable. */
    boolean failing() {
        return failure != null;
    }

    /** The sequence up to which all events are durable. */
    long durable() {
        return durable;
    }

    // ---- the writer's side ----

    /** Waits until an event is there, until a moment on the clock of {@link System#nanoTime()}, or the end. Writer only. */
    boolean await(long sequence, long untilNanos) {
        busySinceNanos = 0;
        while (!ring.isAvailable(sequence)) {
            long leftNanos = untilNanos - System.nanoTime();
            if (closing || leftNanos <= 0) {
                return false;
            }
            parked = true;
            if (!ring.isAvailable(sequence) && !closing) {
                LockSupport.parkNanos(this, leftNanos);
            }
            parked = false;
            if (!ring.isAvailable(sequence)) {
                return false; // somebody woke the thread for another reason: it looks what there is to do
            }
        }
        busySinceNanos = Math.max(1, System.nanoTime());
        return true;
    }

    /** The event of a sequence, or null while there is none. Writer only. */
    @Nullable
    AuditEvent event(long sequence) {
        return ring.isAvailable(sequence) ? ring.get(sequence).event : null;
    }

    /** Says that all events up to this one are durable, gives back their places, and wakes who waits. Writer only. */
    void settle(long first, long last, long loopsSeen) {
        for (long sequence = first; sequence <= last; sequence++) {
            ring.get(sequence).event = null;
        }
        durable = last;
        failure = null;
        released.set(last);
        for (int i = 0; i < loops.size(); i++) {
            if ((loopsSeen & 1L << i) != 0 || i >= Long.SIZE) {
                loops.get(i).wake();
            }
        }
    }

    /** Says that writing fails; who waits is told. Writer only. */
    void fail(String why) {
        failure = why;
        loops.forEach(AuditWaiters::wake);
    }

    boolean closing() {
        return closing;
    }

    /** The last signed checkpoint, or null if there is none yet. Any thread that may wait for a disk. */
    public @Nullable SignedCheckpoint checkpoint() {
        return checkpointFile.last();
    }

    /** How the log is. Any thread; does not touch the disk. */
    public AuditHealth health() {
        long since = busySinceNanos;
        String why = failure;
        if (why == null && stuck()) {
            why = "the disk of the audit log does not answer within "
                    + config.waitMax().toMillis() + " ms";
        }
        return new AuditHealth(
                config.policy(),
                events(),
                Math.max(0, ring.getCursor() - durable),
                Duration.ofNanos(since == 0 ? 0 : Math.max(0, System.nanoTime() - since)),
                writer.bytes(),
                refused.sum(),
                checkpoints.signedMillis(),
                checkpoints.failure(),
                why);
    }

    /** Writes what was handed over, has it signed, then ends. Nothing may be handed over any more. */
    @Override
    public void close() {
        if (config.policy() == AuditPolicy.UNRECORDED) {
            return;
        }
        closing = true;
        LockSupport.unpark(thread);
        try {
            if (!thread.join(Duration.ofSeconds(STOP_SECONDS_MAX))) {
                LOG.error("the audit log did not end in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        checkpoints.close();
    }
}
