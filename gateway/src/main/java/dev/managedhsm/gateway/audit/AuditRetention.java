// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.io.IOException;
import java.time.InstantSource;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes old events, and has the log itself say so first: who finds events missing finds why in the log, or knows that
 * somebody else took them away. Used by the log's thread only.
 *
 * <pre>
 *   segment begins ─▶ look: what may go ─▶ event "AuditRetention" through the ring ─▶ durable ─▶ files are deleted
 * </pre>
 *
 * <p>A crash between the last two leaves files that need not be there; they go with the next ones. So does a file that
 * cannot be deleted: it is tried again when the next segment begins, and not before.
 */
final class AuditRetention {
    private static final Logger LOG = LoggerFactory.getLogger(AuditRetention.class);

    private final AuditLog log;
    private final AuditSegments segments;
    private final InstantSource clock;
    private final LongSupplier needed;
    private long keptFrom;
    private long saidDurably;
    private @Nullable AuditEvent said;

    /**
     * @param log takes the event
     * @param segments what is deleted
     * @param clock wall clock
     * @param needed index of the first event that somebody has still to read; asked for whenever a segment begins
     */
    AuditRetention(AuditLog log, AuditSegments segments, InstantSource clock, LongSupplier needed) {
        this.log = log;
        this.segments = segments;
        this.clock = clock;
        this.needed = needed;
    }

    /** A segment has begun: looks what need not be kept any more. */
    void look() {
        if (said != null) {
            return; // what is on its way goes first; the rest with the next segment
        }
        try {
            keptFrom = segments.keptFrom(clock.instant(), needed.getAsLong());
            if (keptFrom > 0 && keptFrom <= saidDurably) { // the log says so already
                segments.forget(keptFrom);
                keptFrom = 0;
            }
        } catch (IOException e) {
            LOG.warn("whether old audit events can be deleted is not known: {}", e.toString());
        }
    }

    /** After every batch: says what is to go, and deletes it when that is durable. */
    void goOn() {
        AuditEvent event = said;
        if (event != null && event.sequence <= log.durable()) {
            boolean gone = segments.forget(keptFrom);
            saidDurably = keptFrom;
            said = null;
            keptFrom = 0;
            if (gone) { // else the same files would be found again, for ever
                look();
            }
        }
        if (said == null && keptFrom > 0) {
            AuditEvent saying = event();
            if (log.offer(saying) != AuditLog.Offer.REFUSED) { // otherwise after the next batch
                said = saying;
            }
        }
    }

    private AuditEvent event() {
        AuditEvent event = new AuditEvent();
        event.request(UUID.randomUUID().toString(), "DELETE", "/audit/events", "");
        event.retention(keptFrom);
        event.end(204, clock.millis(), 0);
        return event;
    }
}
