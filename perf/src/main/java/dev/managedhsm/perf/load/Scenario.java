// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.load;

import java.util.Locale;

/** What the callers do. */
enum Scenario {
    /** Callers sign with one P-256 key at a constant rate. */
    STEADY,
    /** Callers wrap a data key and unwrap it again, as envelope encryption does. */
    ENVELOPE,
    /** Four tenants with a token and sixteen keys each; a key is used the less the higher its number (Zipf). */
    TENANTS,
    /** A quarter of the rate, then for a while four times that, then a quarter again. */
    SPIKE,
    /** The steady one for long. */
    SOAK,
    /** Every caller has a connection of its own and brings a token that was never seen before. */
    COLD,
    /** A flood of RSA-4096 signatures beside AES-GCM, which must not suffer from it. */
    NEIGHBOUR;

    static Scenario labelled(String label) {
        return valueOf(label.toUpperCase(Locale.ROOT));
    }

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
