// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.key;

/** What can be wrong with a {@link RotationPolicy}. The list is closed. */
public enum RotationFault {
    /** More than one action rotates, or more than one notifies. */
    ACTION_TWICE,
    /** A notification that is counted from the creation; it can only be counted back from the expiry. */
    NOTIFY_AFTER_CREATE,
    /** The time until a new version expires is below {@link RotationPolicy#SHORTEST_DAYS}. */
    EXPIRY_TOO_SHORT,
    /** The time from creation to rotation is below {@link RotationPolicy#SHORTEST_DAYS}. */
    AFTER_CREATE_TOO_SHORT,
    /** Rotation is counted back from an expiry that new versions would not have. */
    BEFORE_EXPIRY_WITHOUT_EXPIRY,
    /** Rotation comes less than {@link RotationPolicy#SHORTEST_DAYS} after a new version is created. */
    BEFORE_EXPIRY_TOO_LONG,
    /** A duration is longer than {@link RotationPolicy#LONGEST_YEARS}. */
    TOO_LONG
}
