// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import dev.managedhsm.gateway.wire.WireError;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The answers of one event loop that wait until their events are durable. Used by the event loop's thread only; the log's
 * thread does nothing here but wake it.
 *
 * <p>The log writes events in the order of its ring, so those of one event loop become durable in the order in which they were
 * handed over: a queue and one number suffice, and a wake-up lets all answers go whose events were forced to disk together.
 */
public final class AuditWaiters implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(AuditWaiters.class);

    private final AuditLog log;
    private final int index;
    private final ScheduledExecutorService loop;
    private final long waitNanosMax;
    private final ArrayDeque<AuditEvent> waiting = new ArrayDeque<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final Runnable announcement = this::announce;
    private boolean announcing;
    private boolean timed;

    /** An answer that waits. Called on its event loop, once. */
    public interface Answer {
        /** The event is durable: the answer leaves. */
        void leave();

        /** It is not, and perhaps never will be: this is answered instead. */
        void withhold(WireError why);
    }

    /**
     * @param log where events go
     * @param index the event loop's number in the log
     * @param loop runs tasks on the event loop
     * @param waitNanosMax how long an answer waits
     */
    AuditWaiters(AuditLog log, int index, ScheduledExecutorService loop, long waitNanosMax) {
        this.log = log;
        this.index = index;
        this.loop = loop;
        this.waitNanosMax = waitNanosMax;
    }

    /** Why nothing that must be recorded can be answered now, or null if it can. One or two reads. */
    public @Nullable WireError closed() {
        return log.refusing() ? AuditLog.NOT_RECORDED : null;
    }

    /**
     * Hands an event over. Its answer leaves at once, or when the event is durable, or is withheld.
     *
     * @param event all that is known; not to be changed any more
     * @param answer what waits, or null if nobody waits for anything
     * @param waits whether the answer must wait; a request for which nothing was done need not
     */
    public void record(AuditEvent event, @Nullable Answer answer, boolean waits) {
        event.loop = index;
        AuditLog.Offer offer = log.offer(event);
        if (offer == AuditLog.Offer.WAITS || offer == AuditLog.Offer.LEAVES) {
            announceSoon();
        }
        if (answer == null) {
            return;
        }
        switch (offer) {
            case REFUSED -> answer.withhold(AuditLog.NOT_RECORDED);
            case WAITS -> {
                if (waits) {
                    await(event, answer);
                } else {
                    answer.leave();
                }
            }
            case LEAVES, UNRECORDED -> answer.leave();
        }
    }

    /** Requests mostly end several at once: the log's thread is woken for all of them, and forces them to disk together. */
    private void announceSoon() {
        if (announcing) {
            return;
        }
        try {
            loop.execute(announcement);
            announcing = true;
        } catch (RejectedExecutionException ended) { // the event loop ends: nothing comes after this
            log.announce();
        }
    }

    private void announce() {
        announcing = false;
        log.announce();
    }

    private void await(AuditEvent event, Answer answer) {
        event.answer = answer;
        event.sentNanos = System.nanoTime();
        waiting.add(event);
        if (!timed) {
            timed = true;
            var _ = loop.schedule(this::expire, waitNanosMax, TimeUnit.NANOSECONDS);
        }
    }

    /** Any thread: has the event loop look. At most one look is on its way, however many wake. */
    void wake() {
        if (!scheduled.get() && scheduled.compareAndSet(false, true)) {
            try {
                loop.execute(this);
            } catch (
                    RejectedExecutionException ended) { // the event loop is gone, and everybody it would answer with it
                LOG.warn("an event loop ended before its answers left");
            }
        }
    }

    /** On the event loop: lets go what is durable, and withholds what cannot become so now. */
    @Override
    public void run() {
        scheduled.set(false);
        long durable = log.durable();
        AuditEvent first;
        while ((first = waiting.peek()) != null && first.sequence <= durable) {
            waiting.remove();
            settle(first, true);
        }
        if (first != null && log.failing()) {
            while ((first = waiting.poll()) != null) {
                settle(first, first.sequence <= log.durable());
            }
        }
    }

    private static void settle(AuditEvent event, boolean durable) {
        Answer answer = event.answer;
        event.answer = null;
        if (answer == null) {
            return;
        }
        try {
            if (durable) {
                answer.leave();
            } else {
                answer.withhold(AuditLog.NOT_RECORDED);
            }
        } catch (RuntimeException broken) { // the others have theirs
            LOG.error("an answer did not leave", broken);
        }
    }

    private void expire() {
        run();
        long nowNanos = System.nanoTime();
        AuditEvent first;
        while ((first = waiting.peek()) != null && nowNanos - first.sentNanos >= waitNanosMax) {
            waiting.remove();
            settle(first, false);
        }
        timed = first != null;
        if (first != null) {
            var _ = loop.schedule(this::expire, waitNanosMax - (nowNanos - first.sentNanos), TimeUnit.NANOSECONDS);
        }
    }
}
