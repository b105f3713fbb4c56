// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

/**
 * What the HSM's owner decided about deletion, once and for all.
 *
 * @param retentionDays how long a deleted key can be recovered, {@link #RETENTION_DAYS_MIN} to {@link
 *     #RETENTION_DAYS_MAX}
 * @param purgeProtection whether nobody can purge a deleted key before that time is over
 */
public record LifecyclePolicy(int retentionDays, boolean purgeProtection) {
    /** Shortest retention. */
    public static final int RETENTION_DAYS_MIN = 7;

    /** Longest retention. */
    public static final int RETENTION_DAYS_MAX = 90;

    /** Ninety days, without purge protection. */
    public static final LifecyclePolicy DEFAULT = new LifecyclePolicy(RETENTION_DAYS_MAX, false);

    /** Refuses a retention outside its limits; check configuration before. */
    public LifecyclePolicy {
        if (retentionDays < RETENTION_DAYS_MIN || retentionDays > RETENTION_DAYS_MAX) {
            throw new IllegalArgumentException("retention is 7 to 90 days");
        }
    }

    /** The retention in seconds. */
    public long retentionSeconds() {
        return retentionDays * 86_400L;
    }
}
