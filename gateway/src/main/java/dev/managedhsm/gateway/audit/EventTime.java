// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/**
 * Writes times like {@code 2026-01-31T12:00:00.123} (RFC 3339, up to the time zone), and works out the date once a second. Used
 * by one thread.
 */
final class EventTime {
    private static final long MILLIS_PER_SECOND = 1000;

    private final JsonLine second = new JsonLine(64);
    private final byte[] before;
    private long knownSecond = Long.MIN_VALUE;

    /** @param before what is written in front of each time, 32 bytes at most */
    EventTime(byte[] before) {
        this.before = before;
    }

    void write(long millis, JsonLine out) {
        long wanted = Math.floorDiv(millis, MILLIS_PER_SECOND);
        if (wanted != knownSecond) {
            workOut(wanted);
        }
        out.raw(second);
        out.digits((int) Math.floorMod(millis, MILLIS_PER_SECOND), 3);
    }

    private void workOut(long wanted) {
        LocalDateTime time = LocalDateTime.ofInstant(Instant.ofEpochSecond(wanted), ZoneOffset.UTC);
        second.clear();
        second.raw(before);
        second.digits(time.getYear(), 4);
        second.raw((byte) '-');
        second.digits(time.getMonthValue(), 2);
        second.raw((byte) '-');
        second.digits(time.getDayOfMonth(), 2);
        second.raw((byte) 'T');
        second.digits(time.getHour(), 2);
        second.raw((byte) ':');
        second.digits(time.getMinute(), 2);
        second.raw((byte) ':');
        second.digits(time.getSecond(), 2);
        second.raw((byte) '.');
        knownSecond = wanted;
    }
}
