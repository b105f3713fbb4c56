// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.key;

/**
 * What is to happen once in the life of each version of a key.
 *
 * @param kind what
 * @param trigger from which end of the version's life its time is counted
 * @param time how long after or before that
 */
public record LifetimeAction(Kind kind, Trigger trigger, CalendarDuration time) {
    /** What can happen. */
    public enum Kind {
        /** A new version is made. */
        ROTATE,
        /** Somebody is told. This HSM tells nobody: the action is kept and shown, and does nothing. */
        NOTIFY
    }

    /** Where the time is counted from. */
    public enum Trigger {
        /** So long after the version was created. */
        AFTER_CREATE,
        /** So long before the version expires; never, for a version that does not. */
        BEFORE_EXPIRY
    }
}
