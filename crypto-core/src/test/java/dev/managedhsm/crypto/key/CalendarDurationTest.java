// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.key;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CalendarDurationTest {
    private static CalendarDuration duration(String text) {
        CalendarDuration duration = CalendarDuration.parse(text);
        assertNotNull(duration, text);
        return duration;
    }

    @ParameterizedTest
    @CsvSource({
        "P90D, 2026-01-01T00:00:00Z, 2026-04-01T00:00:00Z",
        "P3M, 2026-01-31T12:30:00Z, 2026-04-30T12:30:00Z",
        "P1M, 2026-01-31T00:00:00Z, 2026-02-28T00:00:00Z",
        "P1M, 2028-01-31T00:00:00Z, 2028-02-29T00:00:00Z",
        "P1Y, 2028-02-29T23:59:59Z, 2029-02-28T23:59:59Z",
        "PT48H, 2026-03-28T12:00:00Z, 2026-03-30T12:00:00Z",
        "P1Y10D, 2027-12-25T00:00:00Z, 2029-01-04T00:00:00Z",
        "P18M, 2026-08-31T00:00:00Z, 2028-02-29T00:00:00Z",
        "P4W, 2026-02-01T00:00:00Z, 2026-03-01T00:00:00Z",
        "P1Y2M3W4DT5H6M7S, 2026-01-01T00:00:00Z, 2027-03-26T05:06:07Z",
        "P0D, 2026-01-01T00:00:00Z, 2026-01-01T00:00:00Z",
        "P999999Y, 2026-01-01T00:00:00Z, 9999-12-31T23:59:59Z"
    })
    void isAddedByTheCalendar(String text, Instant from, Instant end) {
        assertEquals(end, Instant.ofEpochSecond(duration(text).after(from.getEpochSecond())));
    }

    @ParameterizedTest
    @CsvSource({
        "P30D, 2026-03-31T00:00:00Z, 2026-03-01T00:00:00Z",
        "P1M, 2026-03-31T00:00:00Z, 2026-02-28T00:00:00Z",
        "P1Y, 2028-02-29T00:00:00Z, 2027-02-28T00:00:00Z",
        "PT48H, 2026-03-30T12:00:00Z, 2026-03-28T12:00:00Z",
        "P100Y, 1970-01-01T00:00:00Z, 1870-01-01T00:00:00Z"
    })
    void isTakenAwayByTheCalendar(String text, Instant until, Instant begin) {
        assertEquals(begin, Instant.ofEpochSecond(duration(text).before(until.getEpochSecond())));
    }

    @Test
    void countsBackFromTheEndOf9999WhereTheTimeIsLater() {
        Instant end = Instant.ofEpochSecond(duration("P1D").before(Long.MAX_VALUE));

        assertEquals(Instant.parse("9999-12-30T23:59:59Z"), end);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "P",
                "PT",
                "P1",
                "1D",
                "D",
                "P1YT",
                "P1D ",
                " P1D",
                "p1d",
                "P1d",
                "-P1D",
                "P-1D",
                "+P1D",
                "P1.5D",
                "P1,5D",
                "P0.5Y",
                "PT1.5H",
                "P1D1Y",
                "P1M1Y",
                "P1DT1D",
                "PT1H1H",
                "P1H",
                "T1H",
                "P1Y 10D",
                "P٣D",
                "P1000000D",
                "P1000000Y",
                "PT100000000H",
                "PT1000000000M",
                "PT10000000000S",
                "P99999999999999999999D",
                "90",
                "90.00:00:00",
                "P1D\n",
                "P1D\u0000"
            })
    void isNothingElse(String text) {
        assertNull(CalendarDuration.parse(text));
    }

    @Test
    void hasABoundedText() {
        assertNull(CalendarDuration.parse("P" + "0".repeat(CalendarDuration.LENGTH_MAX) + "1D"));
        assertNotNull(CalendarDuration.parse("P000001Y000001M000001W000001DT00000001H000000001M0000000001S"));
    }

    @Test
    void addsUpWithoutOverflow() {
        CalendarDuration longest = duration("P999999Y999999M999999W999999DT99999999H999999999M9999999999S");

        assertTrue(longest.averageSeconds() > 0);
        assertEquals(Instant.parse("9999-12-31T23:59:59Z"), Instant.ofEpochSecond(longest.after(0)));
        assertTrue(longest.before(0) < 0);
    }

    @ParameterizedTest
    @CsvSource({"P28D, 2419200", "P1M, 2629746", "P1Y, 31556952", "PT1H, 3600", "P1W, 604800", "PT1M1S, 61"})
    void hasAnAverageLength(String text, long seconds) {
        assertEquals(seconds, duration(text).averageSeconds());
    }

    @Test
    void isEqualByItsText() {
        assertEquals(duration("P28D"), duration("P28D"));
        assertEquals(duration("P28D").hashCode(), duration("P28D").hashCode());
        assertTrue(!duration("P28D").equals(duration("P4W")));
        assertEquals("P4W", duration("P4W").toString());
    }
}
