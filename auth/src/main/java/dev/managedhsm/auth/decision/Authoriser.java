// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.decision;

import dev.managedhsm.auth.principal.Principal;
import dev.managedhsm.auth.role.DataAction;
import dev.managedhsm.auth.role.RoleDefinition;
import dev.managedhsm.auth.role.RoleSnapshot;
import dev.managedhsm.auth.role.Scope;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a principal may do something somewhere. A right comes from an assignment to the principal's own
 * object id or to one of its groups, at the target's scope or above it; rights add up, and nothing denies.
 *
 * <p>Any thread may call any method. A decision reads one volatile field and immutable tables: it takes no lock, and a
 * permit allocates nothing unless a key's name must be folded first. A decision that begins after {@link #use} has
 * returned sees the new snapshot.
 */
public final class Authoriser {
    private volatile State state;

    private record State(RoleSnapshot snapshot, Map<UUID, EffectiveRights> rights) {}

    /** Decides by this snapshot until another is taken into use. */
    public Authoriser(RoleSnapshot snapshot) {
        this.state = stateOf(snapshot);
    }

    /** Takes another snapshot into use. Costs time in proportion to all assignments; meant for the control worker. */
    public void use(RoleSnapshot snapshot) {
        state = stateOf(snapshot);
    }

    /** The snapshot in use. */
    public RoleSnapshot snapshot() {
        return state.snapshot;
    }

    private static State stateOf(RoleSnapshot snapshot) {
        Map<UUID, Long> bitsByRole = new HashMap<>();
        for (RoleDefinition definition : snapshot.definitions()) {
            bitsByRole.put(definition.id(), definition.dataActionBits());
        }
        Map<UUID, EffectiveRights> rights = new HashMap<>();
        for (UUID principalId : snapshot.principalIds()) {
            rights.put(principalId, EffectiveRights.of(snapshot.assignmentsOf(principalId), bitsByRole));
        }
        return new State(snapshot, rights);
    }

    /** Whether the principal may do this on one key: a valid key name in any case; the key need not exist yet. */
    public Decision decideOnKey(Principal principal, DataAction action, String keyName) {
        Map<UUID, EffectiveRights> rights = state.rights;
        Permit permit = permitOnKey(rights.get(principal.objectId()), action, keyName);
        List<UUID> groupIds = principal.groupIds();
        for (int i = 0; permit == null && i < groupIds.size(); i++) {
            permit = permitOnKey(rights.get(groupIds.get(i)), action, keyName);
        }
        return permit != null ? permit : new Denial(action, Scope.key(keyName));
    }

    private static @Nullable Permit permitOnKey(@Nullable EffectiveRights rights, DataAction action, String keyName) {
        return rights == null ? null : rights.permitOnKey(action, keyName);
    }

    /** Whether the principal may do this at a scope. */
    public Decision decide(Principal principal, DataAction action, Scope target) {
        Map<UUID, EffectiveRights> rights = state.rights;
        Permit permit = permit(rights.get(principal.objectId()), action, target);
        List<UUID> groupIds = principal.groupIds();
        for (int i = 0; permit == null && i < groupIds.size(); i++) {
            permit = permit(rights.get(groupIds.get(i)), action, target);
        }
        return permit != null ? permit : new Denial(action, target);
    }

    private static @Nullable Permit permit(@Nullable EffectiveRights rights, DataAction action, Scope target) {
        return rights == null ? null : rights.permit(action, target);
    }
}
