// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.decision;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.managedhsm.auth.fixture.AllocationCounter;
import dev.managedhsm.auth.principal.Principal;
import dev.managedhsm.auth.principal.PrincipalKind;
import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.auth.role.DataAction;
import dev.managedhsm.auth.role.Permission;
import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.auth.role.RoleDefinition;
import dev.managedhsm.auth.role.RoleSnapshot;
import dev.managedhsm.auth.role.Scope;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AuthoriserTest {
    private static final UUID CALLER = new UUID(1, 1);
    private static final UUID GROUP = new UUID(2, 2);
    private static final UUID USER = BuiltInRoles.CRYPTO_USER.id();

    private static final Principal PRINCIPAL = principal(CALLER, GROUP);

    private static Principal principal(UUID objectId, UUID... groups) {
        return new Principal(new UUID(9, 9), objectId, null, PrincipalKind.APP, null, List.of(groups));
    }

    private static RoleAssignment assignment(int number, UUID role, UUID principalId, Scope scope) {
        return new RoleAssignment(new UUID(3, number), role, principalId, scope);
    }

    private static Authoriser authoriser(RoleAssignment... assignments) {
        return new Authoriser(RoleSnapshot.of(List.of(), List.of(assignments)));
    }

    private static void permitted(RoleAssignment by, Decision decision) {
        assertEquals(by, assertInstanceOf(Permit.class, decision).assignment());
    }

    private static void denied(String message, Decision decision) {
        assertEquals(message, assertInstanceOf(Denial.class, decision).message());
    }

    @Test
    void deniesWhoHasNothing() {
        denied(
                "Not authorized to access Microsoft.KeyVault/managedHsm/keys/sign/action on /keys/my-key",
                authoriser().decideOnKey(PRINCIPAL, DataAction.KEYS_SIGN, "My-Key"));
        denied(
                "Not authorized to access Microsoft.KeyVault/managedHsm/roleAssignments/read/action on /",
                authoriser().decide(PRINCIPAL, DataAction.ROLE_ASSIGNMENTS_READ, Scope.HSM));
    }

    @Test
    void permitsByAssignmentAtEachScope() {
        for (Scope scope : List.of(Scope.HSM, Scope.KEYS, Scope.key("a"))) {
            RoleAssignment assignment = assignment(1, USER, CALLER, scope);
            permitted(assignment, authoriser(assignment).decideOnKey(PRINCIPAL, DataAction.KEYS_SIGN, "a"));
            permitted(assignment, authoriser(assignment).decideOnKey(PRINCIPAL, DataAction.KEYS_SIGN, "A"));
            permitted(assignment, authoriser(assignment).decide(PRINCIPAL, DataAction.KEYS_SIGN, Scope.key("A")));
        }
    }

    @Test
    void deniesOnAnotherKeyAndAboveTheScope() {
        Authoriser onKey = authoriser(assignment(1, USER, CALLER, Scope.key("a")));
        assertInstanceOf(Denial.class, onKey.decideOnKey(PRINCIPAL, DataAction.KEYS_SIGN, "ab"));
        assertInstanceOf(Denial.class, onKey.decide(PRINCIPAL, DataAction.KEYS_READ, Scope.KEYS));
        Authoriser onKeys = authoriser(assignment(1, USER, CALLER, Scope.KEYS));
        assertInstanceOf(Denial.class, onKeys.decide(PRINCIPAL, DataAction.RANDOM, Scope.HSM));
        assertInstanceOf(Permit.class, onKeys.decide(PRINCIPAL, DataAction.KEYS_READ, Scope.KEYS));
    }

    @Test
    void deniesWhatTheRoleDoesNotHave() {
        Authoriser authoriser = authoriser(assignment(1, USER, CALLER, Scope.HSM));
        assertInstanceOf(Denial.class, authoriser.decideOnKey(PRINCIPAL, DataAction.DELETED_KEYS_DELETE, "a"));
    }

    @Test
    void permitsByGroup() {
        RoleAssignment assignment = assignment(1, USER, GROUP, Scope.KEYS);
        permitted(assignment, authoriser(assignment).decideOnKey(PRINCIPAL, DataAction.KEYS_SIGN, "a"));
        assertInstanceOf(
                Denial.class, authoriser(assignment).decideOnKey(principal(CALLER), DataAction.KEYS_SIGN, "a"));
    }

    @Test
    void namesTheOwnAndWidestAssignmentFirst() {
        RoleAssignment group = assignment(1, USER, GROUP, Scope.HSM);
        RoleAssignment key = assignment(2, USER, CALLER, Scope.key("a"));
        RoleAssignment keys = assignment(3, USER, CALLER, Scope.KEYS);
        permitted(keys, authoriser(group, key, keys).decideOnKey(PRINCIPAL, DataAction.KEYS_SIGN, "a"));
        permitted(key, authoriser(group, key).decideOnKey(PRINCIPAL, DataAction.KEYS_SIGN, "a"));
        permitted(group, authoriser(group).decideOnKey(PRINCIPAL, DataAction.KEYS_SIGN, "a"));
    }

    @Test
    void exclusionsCountInTheirOwnRoleOnly() {
        RoleDefinition allButSign = new RoleDefinition(
                new UUID(5, 5),
                "all but sign",
                "",
                RoleDefinition.Kind.CUSTOM,
                List.of(
                        new Permission(
                                List.of(),
                                List.of(),
                                List.of("*"),
                                List.of("Microsoft.KeyVault/managedHSM/keys/sign/*")),
                        Permission.ofDataActions(List.of("*"))));
        RoleAssignment excluding = assignment(1, allButSign.id(), CALLER, Scope.HSM);
        RoleAssignment granting = assignment(2, USER, CALLER, Scope.HSM);
        Authoriser alone = new Authoriser(RoleSnapshot.of(List.of(allButSign), List.of(excluding)));
        assertInstanceOf(Denial.class, alone.decideOnKey(PRINCIPAL, DataAction.KEYS_SIGN, "a"));
        assertInstanceOf(Permit.class, alone.decideOnKey(PRINCIPAL, DataAction.KEYS_VERIFY, "a"));
        Authoriser both = new Authoriser(RoleSnapshot.of(List.of(allButSign), List.of(excluding, granting)));
        permitted(granting, both.decideOnKey(PRINCIPAL, DataAction.KEYS_SIGN, "a"));
    }

    @Test
    void assignmentOfADeletedRoleGrantsNothing() {
        Authoriser authoriser = authoriser(assignment(1, new UUID(6, 6), CALLER, Scope.HSM));
        assertInstanceOf(Denial.class, authoriser.decideOnKey(PRINCIPAL, DataAction.KEYS_SIGN, "a"));
    }

    @Test
    void controlPlaneActionsGrantNoDataAction() {
        Authoriser authoriser = authoriser(assignment(1, BuiltInRoles.ARM_USER.id(), CALLER, Scope.HSM));
        assertInstanceOf(Denial.class, authoriser.decideOnKey(PRINCIPAL, DataAction.KEYS_READ, "a"));
    }

    @Test
    void revocationHoldsForTheNextDecision() {
        RoleAssignment assignment = assignment(1, USER, CALLER, Scope.HSM);
        Authoriser authoriser = authoriser(assignment);
        permitted(assignment, authoriser.decideOnKey(PRINCIPAL, DataAction.KEYS_SIGN, "a"));
        authoriser.use(RoleSnapshot.empty());
        assertInstanceOf(Denial.class, authoriser.decideOnKey(PRINCIPAL, DataAction.KEYS_SIGN, "a"));
        assertEquals(0, authoriser.snapshot().assignments().size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/keys", "/keys/a"})
    void aPermitAllocatesNothing(String scopeText) {
        Scope scope = assertInstanceOf(Scope.class, Scope.parse(scopeText));
        Authoriser own = authoriser(assignment(1, USER, CALLER, scope));
        Authoriser group = authoriser(assignment(1, USER, GROUP, scope));
        long bytes = AllocationCounter.bytes(() -> {
            boolean permitted = own.decideOnKey(PRINCIPAL, DataAction.KEYS_SIGN, "a") instanceof Permit
                    && group.decideOnKey(PRINCIPAL, DataAction.KEYS_SIGN, "a") instanceof Permit
                    && own.decide(PRINCIPAL, DataAction.KEYS_SIGN, scope) instanceof Permit;
            if (!permitted) {
                throw new IllegalStateException("a permit was wanted");
            }
        });
        assertEquals(0, bytes);
    }
}
