// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.observe;

import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.LivingKey;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How many keys expire soon. A hundred thousand keys take tens of milliseconds to walk, so they are walked once a minute at
 * most. Any thread but an event loop; askers wait for each other.
 */
final class KeyExpiry {
    /** The next expiry of keys that have none. */
    static final long NEVER = Long.MAX_VALUE;

    private static final long KEPT_MILLIS = 60_000;
    private static final int PAGE_LENGTH = 1000;
    private static final long DAY_SECONDS = 24 * 3600;

    private final InstantSource clock;
    private @Nullable Keyring counted;
    private long countedMillis;
    private Counts counts = new Counts(0, 0, 0, NEVER);

    /**
     * Enabled keys by the expiry of their newest version.
     *
     * @param expired whose has passed
     * @param within7Days that expire within a week
     * @param within30Days that expire within thirty days, those of this week included
     * @param next the next expiry, in seconds since 1970, or {@link #NEVER}
     */
    record Counts(long expired, long within7Days, long within30Days, long next) {
        Counts with(KeyAttributes key, long now) {
            long expires = key.expires();
            if (!key.enabled() || expires == KeyAttributes.NONE) {
                return this;
            }
            if (expires <= now) {
                return new Counts(expired + 1, within7Days, within30Days, next);
            }
            long left = expires - now;
            return new Counts(
                    expired,
                    within7Days + (left <= 7 * DAY_SECONDS ? 1 : 0),
                    within30Days + (left <= 30 * DAY_SECONDS ? 1 : 0),
                    Math.min(next, expires));
        }
    }

    KeyExpiry(InstantSource clock) {
        this.clock = clock;
    }

    /** The counts of a keyring, at most a minute old. */
    @SuppressWarnings("ReferenceEquality") // after a change of the root key there is another keyring
    synchronized Counts counts(Keyring keyring) {
        long nowMillis = clock.millis();
        if (counted != keyring || Math.abs(nowMillis - countedMillis) >= KEPT_MILLIS) {
            counts = walk(keyring, nowMillis / 1000);
            counted = keyring;
            countedMillis = nowMillis;
        }
        return counts;
    }

    private static Counts walk(Keyring keyring, long now) {
        Counts counts = new Counts(0, 0, 0, NEVER);
        String after = null;
        List<LivingKey> page;
        do {
            page = keyring.list(after, PAGE_LENGTH);
            for (LivingKey key : page) {
                counts = counts.with(key.facts().attributes(), now);
            }
            after = page.isEmpty() ? null : page.getLast().facts().name().folded();
        } while (page.size() == PAGE_LENGTH);
        return counts;
    }
}
