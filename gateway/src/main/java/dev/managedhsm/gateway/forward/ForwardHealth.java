// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.forward;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How far forwarding is.
 *
 * @param confirmed index of the first event that the receiver has not confirmed
 * @param lagEvents how many durable events it has not confirmed
 * @param lag for how long the oldest of them has waited, as far as this process knows
 * @param sent how many events this process has sent, those sent again included
 * @param failure why the last attempt ended, in one sentence; null if it did not fail
 */
public record ForwardHealth(
        long confirmed,
        long lagEvents,
        Duration lag,
        long sent,
        @Nullable String failure) {
    /** Events may wait so long before somebody should look. */
    public static final Duration LAG_MAX = Duration.ofMinutes(5);

    /** Whether the receiver takes what it is sent. */
    public boolean keepsUp() {
        return lag.compareTo(LAG_MAX) < 0;
    }
}
