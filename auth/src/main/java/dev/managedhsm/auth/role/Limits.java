// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.role;

/** How many roles and assignments one HSM takes. */
public final class Limits {
    /** Custom role definitions of one HSM. */
    public static final int CUSTOM_DEFINITIONS_MAX = 50;

    /** Role assignments at {@code /} and {@code /keys} together. */
    public static final int HSM_SCOPE_ASSIGNMENTS_MAX = 50;

    /** Role assignments on one key. */
    public static final int KEY_SCOPE_ASSIGNMENTS_MAX = 10;

    private Limits() {}
}
