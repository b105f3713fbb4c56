// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.load;

import java.util.Locale;

/** How much load, and how slow an answer may be: for machines of different size. */
enum Profile {
    /** Shows that a scenario works; the machine may be busy with other things. */
    SMOKE(20, 1, 3, 60, 20_000),
    /** Two cores with the sender on them. */
    SMALL(1_000, 20, 60, 600, 50),
    /** Sixteen cores and more, and the sender elsewhere. */
    LARGE(20_000, 30, 120, 1_800, 10);

    private final double perSecond;
    private final int warmUpSeconds;
    private final int seconds;
    private final int soakSeconds;
    private final int p99Millis;

    Profile(double perSecond, int warmUpSeconds, int seconds, int soakSeconds, int p99Millis) {
        this.perSecond = perSecond;
        this.warmUpSeconds = warmUpSeconds;
        this.seconds = seconds;
        this.soakSeconds = soakSeconds;
        this.p99Millis = p99Millis;
    }

    static Profile labelled(String label) {
        return valueOf(label.toUpperCase(Locale.ROOT));
    }

    /** Callers that arrive each second. */
    double perSecond() {
        return perSecond;
    }

    /** How long callers arrive before those that are judged. */
    int warmUpSeconds() {
        return warmUpSeconds;
    }

    int seconds() {
        return seconds;
    }

    /** How long a soak takes; in the smoke profile as long as everything else. */
    int soakSeconds() {
        return this == SMOKE ? seconds : soakSeconds;
    }

    /** What 99 of 100 answers must keep, in milliseconds. */
    int p99Millis() {
        return p99Millis;
    }
}
