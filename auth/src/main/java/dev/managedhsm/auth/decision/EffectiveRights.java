// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.decision;

import dev.managedhsm.auth.role.DataAction;
import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.auth.role.Scope;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Everything granted to one principal or group id, by scope. A pure function of its assignments and of what their
 * roles grant; immutable.
 */
final class EffectiveRights {
    private final Grants atHsm;
    private final Grants atKeys;
    private final Map<String, Grants> atKey;

    private EffectiveRights(Grants atHsm, Grants atKeys, Map<String, Grants> atKey) {
        this.atHsm = atHsm;
        this.atKeys = atKeys;
        this.atKey = atKey;
    }

    /**
     * @param assignments all of one principal
     * @param bitsByRole the data actions of every role that exists; an assignment of another role grants nothing
     */
    static EffectiveRights of(List<RoleAssignment> assignments, Map<UUID, Long> bitsByRole) {
        Grants.Builder atHsm = new Grants.Builder();
        Grants.Builder atKeys = new Grants.Builder();
        Map<String, Grants.Builder> atKey = new HashMap<>();
        for (RoleAssignment assignment : assignments) {
            long bits = bitsByRole.getOrDefault(assignment.roleDefinitionId(), 0L);
            if (bits == 0) {
                continue;
            }
            Grants.Builder grants = switch (assignment.scope().level()) {
                case HSM -> atHsm;
                case KEYS -> atKeys;
                case KEY -> atKey.computeIfAbsent(assignment.scope().keyName(), name -> new Grants.Builder());
            };
            grants.add(bits, new Permit(assignment));
        }
        Map<String, Grants> built = new HashMap<>();
        atKey.forEach((name, grants) -> built.put(name, grants.build()));
        return new EffectiveRights(atHsm.build(), atKeys.build(), Map.copyOf(built));
    }

    /** The widest permit for the action at the target, or null. */
    @Nullable
    Permit permit(DataAction action, Scope target) {
        return switch (target.level()) {
            case HSM -> atHsm.permit(action);
            case KEYS -> permitOnEveryKey(action);
            case KEY -> permitOnKey(action, target.keyName());
        };
    }

    /** The widest permit for the action on one key, its name in any case, or null. */
    @Nullable
    Permit permitOnKey(DataAction action, String keyName) {
        Permit permit = permitOnEveryKey(action);
        if (permit != null || atKey.isEmpty()) {
            return permit;
        }
        Grants grants = atKey.get(keyName.toLowerCase(Locale.ROOT));
        return grants == null ? null : grants.permit(action);
    }

    private @Nullable Permit permitOnEveryKey(DataAction action) {
        Permit permit = atHsm.permit(action);
        return permit != null ? permit : atKeys.permit(action);
    }
}
