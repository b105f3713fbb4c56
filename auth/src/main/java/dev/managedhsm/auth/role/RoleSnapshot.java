// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.role;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * All roles and role assignments of the HSM at one moment. Immutable: every change makes a new snapshot, and readers
 * keep the one they have. The built-in roles are always part of it.
 *
 * <p>Limits hold for changes, not for what is loaded: a store that holds more than they allow is still obeyed.
 */
public final class RoleSnapshot {
    private final Map<UUID, RoleDefinition> definitions;
    private final Map<UUID, RoleAssignment> assignments;
    private final Map<UUID, List<RoleAssignment>> assignmentsByPrincipal;

    private RoleSnapshot(Map<UUID, RoleDefinition> definitions, Map<UUID, RoleAssignment> assignments) {
        this.definitions = Collections.unmodifiableMap(definitions);
        this.assignments = Collections.unmodifiableMap(assignments);
        this.assignmentsByPrincipal =
                assignments.values().stream().collect(Collectors.groupingBy(RoleAssignment::principalId));
    }

    /** The built-in roles, assigned to nobody. */
    public static RoleSnapshot empty() {
        return of(List.of(), List.of());
    }

    /**
     * What a store holds.
     *
     * @throws IllegalArgumentException when an id appears twice or a definition claims a built-in role's id
     */
    public static RoleSnapshot of(Collection<RoleDefinition> custom, Collection<RoleAssignment> assignments) {
        Map<UUID, RoleDefinition> byId = new LinkedHashMap<>();
        BuiltInRoles.all().forEach(definition -> byId.put(definition.id(), definition));
        for (RoleDefinition definition : custom) {
            if (definition.kind() != RoleDefinition.Kind.CUSTOM || byId.put(definition.id(), definition) != null) {
                throw new IllegalArgumentException("role definition " + definition.id() + " is there twice");
            }
        }
        Map<UUID, RoleAssignment> byName = new LinkedHashMap<>();
        for (RoleAssignment assignment : assignments) {
            if (byName.put(assignment.name(), assignment) != null) {
                throw new IllegalArgumentException("role assignment " + assignment.name() + " is there twice");
            }
        }
        return new RoleSnapshot(byId, byName);
    }

    /** Every role definition, built-in ones first. */
    public Collection<RoleDefinition> definitions() {
        return definitions.values();
    }

    /** The definition with this id, or null. */
    public @Nullable RoleDefinition definition(UUID id) {
        return definitions.get(id);
    }

    /** Every role assignment, oldest first. */
    public Collection<RoleAssignment> assignments() {
        return assignments.values();
    }

    /** The assignment with this name, or null. */
    public @Nullable RoleAssignment assignment(UUID name) {
        return assignments.get(name);
    }

    /** What is assigned to this very principal or group id, whatever the scope; groups are not followed. */
    public List<RoleAssignment> assignmentsOf(UUID principalId) {
        return Collections.unmodifiableList(assignmentsByPrincipal.getOrDefault(principalId, List.of()));
    }

    /** Ids of all who have an assignment. */
    public Collection<UUID> principalIds() {
        return Collections.unmodifiableSet(assignmentsByPrincipal.keySet());
    }

    /** Adds a custom definition, or replaces the one with its id. */
    public RoleChange with(RoleDefinition definition) {
        if (definition.kind() != RoleDefinition.Kind.CUSTOM || BuiltInRoles.taken(definition.id(), definition.name())) {
            return new RoleChange.Refused(RoleChange.Reason.BUILT_IN_ROLE);
        }
        int custom = definitions.size() - BuiltInRoles.all().size();
        if (!definitions.containsKey(definition.id()) && custom >= Limits.CUSTOM_DEFINITIONS_MAX) {
            return new RoleChange.Refused(RoleChange.Reason.CUSTOM_DEFINITION_LIMIT);
        }
        Map<UUID, RoleDefinition> changed = new LinkedHashMap<>(definitions);
        changed.put(definition.id(), definition);
        return new RoleChange.Changed(new RoleSnapshot(changed, assignments));
    }

    /** Takes a custom definition out. Assignments of it stay and grant nothing. */
    public RoleChange withoutDefinition(UUID id) {
        RoleDefinition definition = definitions.get(id);
        if (definition == null) {
            return new RoleChange.Refused(RoleChange.Reason.DEFINITION_NOT_FOUND);
        }
        if (definition.kind() == RoleDefinition.Kind.BUILT_IN) {
            return new RoleChange.Refused(RoleChange.Reason.BUILT_IN_ROLE);
        }
        Map<UUID, RoleDefinition> changed = new LinkedHashMap<>(definitions);
        changed.remove(id);
        return new RoleChange.Changed(new RoleSnapshot(changed, assignments));
    }

    /** Adds an assignment of an existing role. */
    public RoleChange with(RoleAssignment assignment) {
        RoleChange.@Nullable Reason obstacle = obstacle(assignment);
        if (obstacle != null) {
            return new RoleChange.Refused(obstacle);
        }
        Map<UUID, RoleAssignment> changed = new LinkedHashMap<>(assignments);
        changed.put(assignment.name(), assignment);
        return new RoleChange.Changed(new RoleSnapshot(definitions, changed));
    }

    private RoleChange.@Nullable Reason obstacle(RoleAssignment assignment) {
        if (assignments.containsKey(assignment.name())) {
            return RoleChange.Reason.ASSIGNMENT_EXISTS;
        }
        if (!definitions.containsKey(assignment.roleDefinitionId())) {
            return RoleChange.Reason.DEFINITION_NOT_FOUND;
        }
        Scope scope = assignment.scope();
        if (scope.level() == Scope.Level.KEY) {
            long onKey = assignments.values().stream()
                    .filter(other -> other.scope().equals(scope))
                    .count();
            return onKey < Limits.KEY_SCOPE_ASSIGNMENTS_MAX ? null : RoleChange.Reason.KEY_SCOPE_ASSIGNMENT_LIMIT;
        }
        long atTop = assignments.values().stream()
                .filter(other -> other.scope().level() != Scope.Level.KEY)
                .count();
        return atTop < Limits.HSM_SCOPE_ASSIGNMENTS_MAX ? null : RoleChange.Reason.HSM_SCOPE_ASSIGNMENT_LIMIT;
    }

    /** Takes an assignment out. */
    public RoleChange withoutAssignment(UUID name) {
        if (!assignments.containsKey(name)) {
            return new RoleChange.Refused(RoleChange.Reason.ASSIGNMENT_NOT_FOUND);
        }
        Map<UUID, RoleAssignment> changed = new LinkedHashMap<>(assignments);
        changed.remove(name);
        return new RoleChange.Changed(new RoleSnapshot(definitions, changed));
    }

    /** Assignments of that very scope, oldest first: what a listing at the scope shows. */
    public List<RoleAssignment> assignmentsAt(Scope scope) {
        List<RoleAssignment> found = new ArrayList<>();
        for (RoleAssignment assignment : assignments.values()) {
            if (assignment.scope().equals(scope)) {
                found.add(assignment);
            }
        }
        return found;
    }
}
