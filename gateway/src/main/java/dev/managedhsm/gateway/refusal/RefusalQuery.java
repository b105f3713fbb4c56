// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.refusal;

import org.jspecify.annotations.Nullable;

/**
 * Which refusals somebody wants to see.
 *
 * @param sinceMillis those of this time and later, in milliseconds since 1970
 * @param reason those of this reason's name, or null for all
 * @param principal those whose token names this object id or application id, in lower case, or null for all
 * @param linesMax how many at most, the newest first
 */
public record RefusalQuery(
        long sinceMillis, @Nullable String reason, @Nullable String principal, int linesMax) {
    /** Most lines of an answer. */
    public static final int LINES_MAX = 1000;

    /** Lines of an answer to a query that does not say. */
    public static final int LINES_DEFAULT = 100;
}
