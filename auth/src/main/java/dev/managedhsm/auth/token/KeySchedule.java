// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import java.time.Duration;

/**
 * How long an issuer's keys are believed.
 *
 * @param refreshEvery how often they are fetched, at least {@link #REFRESH_MIN}; files are looked at every few seconds
 *     whatever this says
 * @param staleAfter how long after the last successful fetch the issuer's tokens are still judged, at least {@link
 *     #refreshEvery}; after that its tokens are neither accepted nor refused but answered with 503
 * @param missingKeptFor how long a key that fetched sets do not hold any more is still believed after it was seen last,
 *     at most {@link #staleAfter}: servers behind one name may for a while answer with different sets. Not for files
 */
public record KeySchedule(Duration refreshEvery, Duration staleAfter, Duration missingKeptFor) {
    /** The shortest time between two scheduled fetches. */
    public static final Duration REFRESH_MIN = Duration.ofMinutes(1);

    /** The longest that keys may be believed without having been seen. */
    public static final Duration STALE_MAX = Duration.ofDays(7);

    /** Every hour; for a day; for two hours. */
    public static final KeySchedule DEFAULT =
            new KeySchedule(Duration.ofHours(1), Duration.ofHours(24), Duration.ofHours(2));

    /** Refuses durations that contradict each other. */
    public KeySchedule {
        if (refreshEvery.compareTo(REFRESH_MIN) < 0) {
            throw new IllegalArgumentException("The keys of a token issuer can be fetched once a minute at most.");
        }
        if (staleAfter.compareTo(refreshEvery) < 0 || staleAfter.compareTo(STALE_MAX) > 0) {
            throw new IllegalArgumentException(
                    "The keys of a token issuer must be believed for at least the time between two fetches, and for at"
                            + " most 7 days.");
        }
        if (missingKeptFor.isNegative() || missingKeptFor.compareTo(staleAfter) > 0) {
            throw new IllegalArgumentException(
                    "A key that is missing cannot be believed for longer than one that is there.");
        }
    }
}
