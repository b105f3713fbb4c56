// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.observe;

/**
 * One thing that is so or is not, and why.
 *
 * @param name what it is, lower case with hyphens; never changes
 * @param kind what hangs on it
 * @param held whether it is as it should be
 * @param why one sentence without any secret
 */
public record Check(String name, Kind kind, boolean held, String why) {
    /** What hangs on a check. */
    public enum Kind {
        /** The HSM is ready only while it holds. */
        READINESS,
        /** How well the keys are kept. */
        CUSTODY,
        /** Whether what was acknowledged stays. */
        DURABILITY,
        /** Somebody should look before it becomes one of the others. */
        WATCH
    }

    /** A check of readiness. */
    public static Check readiness(String name, boolean held, String why) {
        return new Check(name, Kind.READINESS, held, why);
    }
}
