// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.decision;

import dev.managedhsm.auth.role.DataAction;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one principal is granted at one scope: for each assignment its data actions as bits, and the permit that names
 * it. Immutable; asking allocates nothing.
 */
final class Grants {
    static final Grants NONE = new Grants(List.of());

    private final long union;
    private final long[] bits;
    private final Permit[] permits;

    private Grants(List<Grant> grants) {
        this.bits = grants.stream().mapToLong(Grant::bits).toArray();
        this.permits = grants.stream().map(Grant::permit).toArray(Permit[]::new);
        long all = 0;
        for (long one : bits) {
            all |= one;
        }
        this.union = all;
    }

    /** The permit of the oldest assignment that grants the action, or null. */
    @Nullable
    Permit permit(DataAction action) {
        long bit = action.bit();
        if ((union & bit) == 0) {
            return null;
        }
        int i = 0;
        while ((bits[i] & bit) == 0) {
            i++;
        }
        return permits[i];
    }

    private record Grant(long bits, Permit permit) {}

    /** Collects grants in the order of their assignments. */
    static final class Builder {
        private final List<Grant> grants = new ArrayList<>();

        void add(long bits, Permit permit) {
            grants.add(new Grant(bits, permit));
        }

        Grants build() {
            return grants.isEmpty() ? NONE : new Grants(grants);
        }
    }
}
