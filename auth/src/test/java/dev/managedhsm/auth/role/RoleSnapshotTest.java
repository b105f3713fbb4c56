// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.role;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.managedhsm.auth.role.RoleChange.Reason;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RoleSnapshotTest {
    private static final UUID SOMEBODY = new UUID(7, 7);

    private static RoleSnapshot changed(RoleChange change) {
        return assertInstanceOf(RoleChange.Changed.class, change).snapshot();
    }

    private static void refused(Reason reason, RoleChange change) {
        assertEquals(reason, assertInstanceOf(RoleChange.Refused.class, change).reason());
    }

    private static RoleDefinition custom(int number, String... dataActions) {
        return new RoleDefinition(
                new UUID(1, number),
                "custom " + number,
                "",
                RoleDefinition.Kind.CUSTOM,
                List.of(Permission.ofDataActions(List.of(dataActions))));
    }

    private static RoleAssignment assignment(int number, Scope scope) {
        return new RoleAssignment(new UUID(2, number), BuiltInRoles.CRYPTO_USER.id(), SOMEBODY, scope);
    }

    @Test
    void changesLeaveTheOldSnapshotAsItWas() {
        RoleSnapshot empty = RoleSnapshot.empty();
        RoleSnapshot one = changed(empty.with(assignment(1, Scope.HSM)));
        RoleSnapshot two = changed(one.with(custom(1)));
        assertEquals(0, empty.assignments().size());
        assertNull(one.definition(custom(1).id()));
        assertNotNull(two.definition(custom(1).id()));
        assertEquals(List.of(assignment(1, Scope.HSM)), two.assignmentsOf(SOMEBODY));
        assertEquals(
                0, changed(two.withoutAssignment(new UUID(2, 1))).assignments().size());
        assertNull(changed(two.withoutDefinition(new UUID(1, 1))).definition(new UUID(1, 1)));
    }

    @Test
    void refusesToTouchBuiltInRoles() {
        RoleSnapshot empty = RoleSnapshot.empty();
        UUID id = BuiltInRoles.CRYPTO_USER.id();
        refused(Reason.BUILT_IN_ROLE, empty.withoutDefinition(id));
        refused(Reason.BUILT_IN_ROLE, empty.with(BuiltInRoles.CRYPTO_USER));
        refused(
                Reason.BUILT_IN_ROLE,
                empty.with(new RoleDefinition(id, "x", "", RoleDefinition.Kind.CUSTOM, List.of())));
        refused(
                Reason.BUILT_IN_ROLE,
                empty.with(new RoleDefinition(
                        SOMEBODY, "managed hsm CRYPTO user", "", RoleDefinition.Kind.CUSTOM, List.of())));
    }

    @Test
    void refusesMoreCustomDefinitionsThanTheLimit() {
        RoleSnapshot snapshot = RoleSnapshot.empty();
        for (int i = 0; i < Limits.CUSTOM_DEFINITIONS_MAX; i++) {
            snapshot = changed(snapshot.with(custom(i)));
        }
        refused(Reason.CUSTOM_DEFINITION_LIMIT, snapshot.with(custom(99)));
        RoleSnapshot replaced = changed(snapshot.with(custom(3, "*")));
        assertEquals(custom(3, "*"), replaced.definition(new UUID(1, 3)));
    }

    @Test
    void refusesMoreAssignmentsAtTheTopThanTheLimit() {
        RoleSnapshot snapshot = RoleSnapshot.empty();
        for (int i = 0; i < Limits.HSM_SCOPE_ASSIGNMENTS_MAX; i++) {
            snapshot = changed(snapshot.with(assignment(i, i % 2 == 0 ? Scope.HSM : Scope.KEYS)));
        }
        refused(Reason.HSM_SCOPE_ASSIGNMENT_LIMIT, snapshot.with(assignment(99, Scope.HSM)));
        refused(Reason.HSM_SCOPE_ASSIGNMENT_LIMIT, snapshot.with(assignment(99, Scope.KEYS)));
        changed(snapshot.with(assignment(99, Scope.key("a"))));
        assertEquals(25, snapshot.assignmentsAt(Scope.KEYS).size());
    }

    @Test
    void refusesMoreAssignmentsOnAKeyThanTheLimit() {
        RoleSnapshot snapshot = RoleSnapshot.empty();
        for (int i = 0; i < Limits.KEY_SCOPE_ASSIGNMENTS_MAX; i++) {
            snapshot = changed(snapshot.with(assignment(i, Scope.key("a"))));
        }
        refused(Reason.KEY_SCOPE_ASSIGNMENT_LIMIT, snapshot.with(assignment(99, Scope.key("A"))));
        changed(snapshot.with(assignment(99, Scope.key("b"))));
    }

    @Test
    void refusesAnAssignmentTwice() {
        RoleSnapshot snapshot = changed(RoleSnapshot.empty().with(assignment(1, Scope.HSM)));
        refused(Reason.ASSIGNMENT_EXISTS, snapshot.with(assignment(1, Scope.KEYS)));
    }

    @Test
    void refusesWhatIsNotThere() {
        RoleSnapshot empty = RoleSnapshot.empty();
        refused(Reason.ASSIGNMENT_NOT_FOUND, empty.withoutAssignment(SOMEBODY));
        refused(Reason.DEFINITION_NOT_FOUND, empty.withoutDefinition(SOMEBODY));
        refused(Reason.DEFINITION_NOT_FOUND, empty.with(new RoleAssignment(SOMEBODY, SOMEBODY, SOMEBODY, Scope.HSM)));
    }

    @Test
    void refusesToLoadAnIdTwice() {
        List<RoleAssignment> twice = List.of(assignment(1, Scope.HSM), assignment(1, Scope.KEYS));
        assertThrows(IllegalArgumentException.class, () -> RoleSnapshot.of(List.of(), twice));
        List<RoleDefinition> definitions = List.of(custom(1), custom(1));
        assertThrows(IllegalArgumentException.class, () -> RoleSnapshot.of(definitions, List.of()));
        List<RoleDefinition> builtIn = List.of(BuiltInRoles.RESTORE);
        assertThrows(IllegalArgumentException.class, () -> RoleSnapshot.of(builtIn, List.of()));
    }

    @Test
    void loadsMoreThanTheLimitsAllow() {
        List<RoleAssignment> many = java.util.stream.IntStream.range(0, 200)
                .mapToObj(i -> assignment(i, Scope.HSM))
                .toList();
        assertEquals(
                200, RoleSnapshot.of(List.of(), many).assignmentsOf(SOMEBODY).size());
    }
}
