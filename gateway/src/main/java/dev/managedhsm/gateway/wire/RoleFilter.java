// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.auth.principal.Guid;
import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.auth.role.RoleDefinition;
import dev.managedhsm.auth.role.Scope;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The {@code $filter} of role lists: the few sentences that Azure documents, and no others. Upper and lower case are the
 * same; a value may stand in single quotes. May be called by any thread.
 */
public final class RoleFilter {
    private static final String PRINCIPAL = "principalId";
    private static final String ROLE = "roleName";

    private RoleFilter() {}

    /**
     * Which assignments a list at a scope shows.
     *
     * @param filter null: those of that very scope; {@code atScope()}: those that hold there; {@code principalId eq
     *     {guid}}: those of that principal at the scope, above it and below it
     * @param target the scope that is asked at
     * @throws Refused if it is another filter
     */
    public static Predicate<RoleAssignment> assignments(@Nullable String filter, Scope target) throws Refused {
        if (filter == null || filter.isBlank()) {
            return assignment -> assignment.scope().equals(target);
        }
        if (call(filter, "atScope")) {
            return assignment -> assignment.scope().contains(target);
        }
        String value = value(filter, PRINCIPAL);
        if (value == null) {
            throw new Refused("The filter is not supported: use atScope() or principalId eq {id}");
        }
        UUID principalId = Guid.parse(value);
        if (principalId == null) {
            throw new Refused("The principalId in the filter is not a GUID");
        }
        return assignment -> assignment.principalId().equals(principalId)
                && (assignment.scope().contains(target) || target.contains(assignment.scope()));
    }

    /**
     * Which definitions a list shows. All of them can be assigned everywhere, so the scope makes no difference.
     *
     * @param filter null, {@code atScope()}, {@code atScopeAndBelow()}, or {@code roleName eq {name}}
     * @throws Refused if it is another filter
     */
    public static Predicate<RoleDefinition> definitions(@Nullable String filter) throws Refused {
        if (filter == null || filter.isBlank() || call(filter, "atScope") || call(filter, "atScopeAndBelow")) {
            return definition -> true;
        }
        String name = value(filter, ROLE);
        if (name == null) {
            throw new Refused("The filter is not supported: use atScopeAndBelow() or roleName eq {name}");
        }
        return definition -> definition.name().equalsIgnoreCase(name);
    }

    private static boolean call(String filter, String function) {
        String text = filter.strip();
        return text.equalsIgnoreCase(function) || text.equalsIgnoreCase(function + "()");
    }

    private static @Nullable String value(String filter, String property) {
        String text = filter.strip();
        String beginning = property + " eq ";
        if (!text.regionMatches(true, 0, beginning, 0, beginning.length())) {
            return null;
        }
        String value = text.substring(beginning.length()).strip();
        boolean quoted = value.length() >= 2 && value.startsWith("'") && value.endsWith("'");
        return quoted ? value.substring(1, value.length() - 1).replace("''", "'") : value;
    }
}
