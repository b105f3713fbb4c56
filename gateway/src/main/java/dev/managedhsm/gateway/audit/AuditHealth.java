// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How the audit log is.
 *
 * @param policy when answers leave
 * @param events how many events are durable since the log began
 * @param lagEvents how many were handed over and are not durable yet
 * @param lag for how long the oldest of those that are being written has been
 * @param bytes how many bytes of events this process has written
 * @param refused how many requests were refused because nothing could be recorded
 * @param signedMillis when the log was signed last, since 1970; 0 if it was not since the start
 * @param signingFailure why the last checkpoint was not made, in one sentence; null if it was, or the HSM has no root key
 * @param failure why nothing can be recorded now, in one sentence; null while it can
 */
public record AuditHealth(
        AuditPolicy policy,
        long events,
        long lagEvents,
        Duration lag,
        long bytes,
        long refused,
        long signedMillis,
        @Nullable String signingFailure,
        @Nullable String failure) {}
