// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.key;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A duration in years, months, weeks, days, hours, minutes and seconds, as ISO 8601-1 section 5.5.2 writes it: {@code
 * P1Y10D}, {@code P3M}, {@code PT48H}. No sign, no fraction. Immutable; any thread.
 *
 * <p>Adding it to a time goes by the calendar in UTC: a month after 31 January is the last day of February. Comparing two
 * of them, without a time to start from, counts a month as the average one of the Gregorian calendar (a twelfth of
 * 365.2425 days), which differs from what the calendar makes of it by a few days at most, however long the duration.
 */
public final class CalendarDuration {
    /** Longest text, in characters. */
    public static final int LENGTH_MAX = 64;

    private static final Pattern FORM =
            Pattern.compile("P(?:(\\d{1,6})Y)?(?:(\\d{1,6})M)?(?:(\\d{1,6})W)?(?:(\\d{1,6})D)?"
                    + "(T(?:(\\d{1,8})H)?(?:(\\d{1,9})M)?(?:(\\d{1,10})S)?)?");

    private static final long AVERAGE_MONTH_SECONDS = 2_629_746;
    private static final long DAY_SECONDS = 86_400;

    /** The last second of the year 9999: behind it some clients cannot read a time. */
    private static final long LATEST_SECONDS = 253_402_300_799L;

    private final String text;
    private final int months;
    private final int days;
    private final long seconds;

    private CalendarDuration(String text, int months, int days, long seconds) {
        this.text = text;
        this.months = months;
        this.days = days;
        this.seconds = seconds;
    }

    /** The duration that the text says, or null if it says none in this form. */
    public static @Nullable CalendarDuration parse(String text) {
        if (text.length() > LENGTH_MAX || text.endsWith("P") || text.endsWith("T")) {
            return null;
        }
        Matcher parts = FORM.matcher(text);
        if (!parts.matches()) {
            return null;
        }
        return new CalendarDuration(
                text,
                (int) (12 * part(parts, 1) + part(parts, 2)),
                (int) (7 * part(parts, 3) + part(parts, 4)),
                3_600 * part(parts, 6) + 60 * part(parts, 7) + part(parts, 8));
    }

    private static long part(Matcher parts, int group) {
        String digits = parts.group(group);
        return digits == null ? 0 : Long.parseLong(digits);
    }

    /** The text that was parsed. */
    public String text() {
        return text;
    }

    /** About how long it is, in seconds: exact for days and less, by the average month for months and years. */
    public long averageSeconds() {
        return months * AVERAGE_MONTH_SECONDS + days * DAY_SECONDS + seconds;
    }

    /**
     * The time that lies this much later.
     *
     * @param fromSeconds Unix seconds
     * @return Unix seconds; the end of the year 9999 at the latest
     */
    public long after(long fromSeconds) {
        LocalDateTime end = local(fromSeconds).plusMonths(months).plusDays(days).plusSeconds(seconds);
        return Math.min(LATEST_SECONDS, end.toEpochSecond(ZoneOffset.UTC));
    }

    /**
     * The time that lies this much earlier.
     *
     * @param untilSeconds Unix seconds
     * @return Unix seconds
     */
    public long before(long untilSeconds) {
        return local(untilSeconds)
                .minusMonths(months)
                .minusDays(days)
                .minusSeconds(seconds)
                .toEpochSecond(ZoneOffset.UTC);
    }

    private static LocalDateTime local(long unixSeconds) {
        return LocalDateTime.ofInstant(Instant.ofEpochSecond(Math.min(LATEST_SECONDS, unixSeconds)), ZoneOffset.UTC);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CalendarDuration duration && text.equals(duration.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
