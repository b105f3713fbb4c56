// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.role;

/** How many roles and assignments one HSM takes, and how often they may change. */
public final class Limits {
    /** Custom role definitions of one HSM. */
    public static final int CUSTOM_DEFINITIONS_MAX = 50;

    /** Role assignments at {@code /} and {@code /keys} together. */
    public static final int HSM_SCOPE_ASSIGNMENTS_MAX = 50;

    /** Role assignments on one key. */
    public static final int KEY_SCOPE_ASSIGNMENTS_MAX = 10;

    /** Changes of roles and assignments in a second, in the long run. */
    public static final int CHANGES_PER_SECOND = 5;

    /** Changes after a pause, before that counts: so many fill an HSM, and whoever does it by a script does not wait. */
    public static final int CHANGES_AT_ONCE = 100;

    private Limits() {}
}
