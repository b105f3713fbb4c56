// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where the audit log is, when answers leave, and how much of it is kept. Immutable.
 *
 * @param folder of the log; made when missing
 * @param policy when an answer may leave
 * @param waitMax how long an answer may wait for its event, and with {@link AuditPolicy#BOUNDED_LAG} an event for the disk
 * @param lagEventsMax how many events may wait with {@link AuditPolicy#BOUNDED_LAG}
 * @param segmentBytesMax how long a segment grows before the next begins, at least {@link #SEGMENT_BYTES_MIN}
 * @param segmentAgeMax how old a segment grows before the next begins
 * @param segmentsMax how many segments keep their events, the one that is written included, at least 2; their leaf hashes
 *     are kept for ever
 * @param eventsKeptFor how long a closed segment keeps its events, or null for as long as {@code segmentsMax} allows
 * @param signingKeyAgeMax how old a key grows before another one signs checkpoints
 * @param resourceId what events name as the resource, or null for one made of the HSM's name
 * @param forward where copies of events go, or null if nowhere
 */
public record AuditConfig(
        Path folder,
        AuditPolicy policy,
        Duration waitMax,
        int lagEventsMax,
        long segmentBytesMax,
        Duration segmentAgeMax,
        int segmentsMax,
        @Nullable Duration eventsKeptFor,
        Duration signingKeyAgeMax,
        @Nullable String resourceId,
        @Nullable ForwardConfig forward) {
    /** The shortest segment, in bytes: some longest events must fit. */
    public static final long SEGMENT_BYTES_MIN = 128 * 1024;

    /** The longest segment, in bytes: it is read as a whole at start. */
    public static final long SEGMENT_BYTES_MAX = 1L << 30;

    /** How many events can wait for the disk at once; a power of two. */
    public static final int EVENTS_WAITING_MAX = 8192;

    /** How long an answer waits unless somebody says otherwise. */
    public static final Duration WAIT_DEFAULT = Duration.ofSeconds(2);

    /** How long a key signs unless somebody says otherwise. */
    public static final Duration KEY_AGE_DEFAULT = Duration.ofDays(90);

    /** Refuses numbers that keep nothing. */
    public AuditConfig {
        if (segmentBytesMax < SEGMENT_BYTES_MIN || segmentBytesMax > SEGMENT_BYTES_MAX || segmentsMax < 2) {
            throw new IllegalArgumentException(
                    "The audit log needs 2 segments or more, each of 128 KiB or more and 1 GiB or less.");
        }
        if (lagEventsMax < 1 || lagEventsMax > EVENTS_WAITING_MAX) {
            throw new IllegalArgumentException("The audit log may lag by 1 to " + EVENTS_WAITING_MAX + " events.");
        }
    }

    /** Fail closed after 2 s; segments of 64 MiB or a day, 1024 of them. */
    public static AuditConfig in(Path folder) {
        return new AuditConfig(
                folder,
                AuditPolicy.FAIL_CLOSED,
                WAIT_DEFAULT,
                EVENTS_WAITING_MAX / 2,
                64L << 20,
                Duration.ofDays(1),
                1024,
                null,
                KEY_AGE_DEFAULT,
                null,
                null);
    }

    /** The same with another policy. */
    public AuditConfig with(AuditPolicy other) {
        return new AuditConfig(
                folder,
                other,
                waitMax,
                lagEventsMax,
                segmentBytesMax,
                segmentAgeMax,
                segmentsMax,
                eventsKeptFor,
                signingKeyAgeMax,
                resourceId,
                forward);
    }
}
