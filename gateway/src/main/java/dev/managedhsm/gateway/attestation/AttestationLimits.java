// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.attestation;

import java.time.Duration;

/** Every number that bounds attestation, with the relations between them checked when the class is loaded. */
public final class AttestationLimits {
    /** Longest attestation token, in characters. */
    public static final int TOKEN_LENGTH_MAX = 48 * 1024;

    /** Longest document of an authority: metadata or key set, in bytes. */
    static final int DOCUMENT_LENGTH_MAX = 256 * 1024;

    /** Keys of one authority. */
    static final int KEYS_MAX = 100;

    /** How long a connection to an authority may take. */
    static final Duration CONNECT_MAX = Duration.ofSeconds(3);

    /** How long one document may take, the connection included. */
    static final Duration DOCUMENT_MAX = Duration.ofSeconds(5);

    /** After this keys are fetched again before they are used. */
    static final Duration FRESH = Duration.ofHours(1);

    /** How long keys are used while the authority cannot be reached. */
    static final Duration STALE_MAX = Duration.ofHours(6);

    /** How long after one attempt, good or not, the next one is made, whatever key id somebody asks for. */
    static final Duration PAUSE = Duration.ofSeconds(10);

    /** How far an authority's clock and ours may differ, in seconds. */
    static final long CLOCK_SKEW_SECONDS_MAX = 60;

    static {
        if (PAUSE.compareTo(FRESH) > 0 || FRESH.compareTo(STALE_MAX) > 0 || CONNECT_MAX.compareTo(DOCUMENT_MAX) > 0) {
            throw new IllegalStateException("keys are fetched again before they may not be used any more");
        }
    }

    private AttestationLimits() {}
}
