// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

/** What became of a slot that was submitted. */
public enum Admission {
    /** The slot is in the ring; it comes back through its {@code Completions}. */
    ADMITTED,
    /** The lane has no room; the slot stays with the caller. */
    FULL,
    /** The lane's queue would take longer than the slot's deadline allows; the slot stays with the caller. */
    TOO_LATE,
    /** The ring is closing; the slot stays with the caller. */
    CLOSED
}
