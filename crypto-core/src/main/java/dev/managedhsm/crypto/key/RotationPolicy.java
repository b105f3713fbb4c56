// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.key;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When a key gets a new version by itself, and when new versions expire. Immutable; every one that exists is within the
 * bounds, so that no version is ever due within days of its creation.
 *
 * @param actions in the order given: one that rotates at most, and one that notifies at most; copied
 * @param expiryTime how long after its creation a version made by rotation expires, or null if it does not
 */
public record RotationPolicy(
        List<LifetimeAction> actions, @Nullable CalendarDuration expiryTime) {
    /** Shortest life of a version: from creation to expiry and from creation to rotation. */
    public static final int SHORTEST_DAYS = 28;

    /** Longest duration that a policy can name. */
    public static final int LONGEST_YEARS = 1_000;

    /** Stands for a time that never comes. */
    public static final long NEVER = Long.MAX_VALUE;

    /** No policy: nothing happens by itself, and versions made by rotation do not expire. */
    public static final RotationPolicy BLANK = new RotationPolicy(List.of(), null);

    private static final long SHORTEST_SECONDS = SHORTEST_DAYS * 86_400L;
    private static final long LONGEST_SECONDS = LONGEST_YEARS * 31_556_952L;

    /** Refuses what is out of bounds; ask {@link #fault} first when it comes from a caller. */
    public RotationPolicy {
        actions = List.copyOf(actions);
        RotationFault fault = fault(actions, expiryTime);
        if (fault != null) {
            throw new IllegalArgumentException("not a rotation policy: " + fault);
        }
    }

    /** What is wrong with a policy of these parts, or null if nothing is. */
    public static @Nullable RotationFault fault(List<LifetimeAction> actions, @Nullable CalendarDuration expiryTime) {
        if (expiryTime != null && expiryTime.averageSeconds() < SHORTEST_SECONDS) {
            return RotationFault.EXPIRY_TOO_SHORT;
        }
        if (expiryTime != null && expiryTime.averageSeconds() > LONGEST_SECONDS) {
            return RotationFault.TOO_LONG;
        }
        for (LifetimeAction.Kind kind : LifetimeAction.Kind.values()) {
            if (actions.stream().filter(action -> action.kind() == kind).count() > 1) {
                return RotationFault.ACTION_TWICE;
            }
        }
        for (LifetimeAction action : actions) {
            RotationFault fault = fault(action, expiryTime);
            if (fault != null) {
                return fault;
            }
        }
        return null;
    }

    private static @Nullable RotationFault fault(LifetimeAction action, @Nullable CalendarDuration expiryTime) {
        long seconds = action.time().averageSeconds();
        if (seconds > LONGEST_SECONDS) {
            return RotationFault.TOO_LONG;
        }
        boolean afterCreate = action.trigger() == LifetimeAction.Trigger.AFTER_CREATE;
        if (action.kind() == LifetimeAction.Kind.NOTIFY) {
            return afterCreate ? RotationFault.NOTIFY_AFTER_CREATE : null;
        }
        if (afterCreate) {
            return seconds < SHORTEST_SECONDS ? RotationFault.AFTER_CREATE_TOO_SHORT : null;
        }
        if (expiryTime == null) {
            return RotationFault.BEFORE_EXPIRY_WITHOUT_EXPIRY;
        }
        return seconds > expiryTime.averageSeconds() - SHORTEST_SECONDS ? RotationFault.BEFORE_EXPIRY_TOO_LONG : null;
    }

    /** Whether it says nothing at all. */
    public boolean blank() {
        return actions.isEmpty() && expiryTime == null;
    }

    /**
     * When a key is to be rotated.
     *
     * @param current attributes of its current version
     * @return Unix seconds, or {@link #NEVER}
     */
    public long dueSeconds(KeyAttributes current) {
        for (LifetimeAction action : actions) {
            if (action.kind() == LifetimeAction.Kind.ROTATE) {
                return dueSeconds(action, current);
            }
        }
        return NEVER;
    }

    private static long dueSeconds(LifetimeAction rotation, KeyAttributes current) {
        return switch (rotation.trigger()) {
            case AFTER_CREATE -> rotation.time().after(current.created());
            case BEFORE_EXPIRY ->
                current.expires() == KeyAttributes.NONE
                        ? NEVER
                        : rotation.time().before(current.expires());
        };
    }

    /**
     * When a version that is made by rotation expires.
     *
     * @param nowSeconds Unix seconds
     * @return Unix seconds, or {@link KeyAttributes#NONE}
     */
    public long expires(long nowSeconds) {
        return expiryTime == null ? KeyAttributes.NONE : expiryTime.after(nowSeconds);
    }
}
