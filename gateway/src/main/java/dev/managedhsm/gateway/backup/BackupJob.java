// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.backup;

import org.jspecify.annotations.Nullable;

/**
 * A backup or restore that was begun, as it is at one moment. Immutable.
 *
 * @param id names it, 32 hex digits
 * @param restore whether it is a restore of any kind
 * @param status how far it is
 * @param details one sentence
 * @param failure what went wrong, or null
 * @param startSeconds when it began, in Unix seconds
 * @param endSeconds when it ended, in Unix seconds, or null
 * @param uri the backup's folder, once it is whole there; null otherwise, and for a restore
 */
public record BackupJob(
        String id,
        boolean restore,
        Status status,
        String details,
        @Nullable Failure failure,
        long startSeconds,
        @Nullable Long endSeconds,
        @Nullable String uri) {
    /** How far a job is. */
    public enum Status {
        /** It works. */
        IN_PROGRESS,
        /** It did what it was to do. */
        SUCCEEDED,
        /** It did nothing that counts. */
        FAILED
    }

    /**
     * Why a job failed.
     *
     * @param code one word
     * @param message one sentence without any secret
     */
    public record Failure(String code, String message) {}
}
