// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.auth.role.RoleDefinition;
import dev.managedhsm.auth.role.Scope;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RoleFilterTest {
    private static final UUID ALICE = new UUID(1, 1);
    private static final UUID BOB = new UUID(2, 2);
    private static final List<RoleAssignment> ALL = Stream.of(ALICE, BOB)
            .flatMap(who -> Stream.of(Scope.HSM, Scope.KEYS, Scope.key("a"), Scope.key("b"))
                    .map(scope -> new RoleAssignment(UUID.randomUUID(), BuiltInRoles.CRYPTO_USER.id(), who, scope)))
            .toList();

    @Test
    void withoutFilterShowsThatVeryScope() throws Refused {
        assertEquals(List.of("alice /", "bob /"), shown(null, Scope.HSM));
        assertEquals(List.of("alice /keys", "bob /keys"), shown("", Scope.KEYS));
        assertEquals(List.of("alice /keys/a", "bob /keys/a"), shown(null, Scope.key("a")));
    }

    @Test
    void atScopeShowsWhatHoldsThere() throws Refused {
        assertEquals(List.of("alice /", "bob /"), shown("atScope()", Scope.HSM));
        assertEquals(
                List.of("alice /", "alice /keys", "alice /keys/a", "bob /", "bob /keys", "bob /keys/a"),
                shown("ATSCOPE()", Scope.key("a")));
    }

    @Test
    void principalShowsAllOfTheirsAboveAndBelow() throws Refused {
        assertEquals(
                List.of("alice /", "alice /keys", "alice /keys/a", "alice /keys/b"),
                shown("principalId eq '" + ALICE + "'", Scope.HSM));
        assertEquals(
                List.of("bob /", "bob /keys", "bob /keys/a"),
                shown("PrincipalId EQ " + BOB.toString().toUpperCase(java.util.Locale.ROOT), Scope.key("a")));
    }

    private static List<String> shown(@Nullable String filter, Scope scope) throws Refused {
        Predicate<RoleAssignment> predicate = RoleFilter.assignments(filter, scope);
        return ALL.stream()
                .filter(predicate)
                .map(one -> (one.principalId().equals(ALICE) ? "alice " : "bob ") + one.scope())
                .toList();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "principalId eq 'alice'",
                "principalId eq",
                "principalId ne '00000000-0000-0001-0000-000000000001'",
                "atScope() and true",
                "atScopeAndBelow()",
                "roleName eq 'a'"
            })
    void refusesOtherFiltersOfAssignments(String filter) {
        assertThrows(Refused.class, () -> RoleFilter.assignments(filter, Scope.HSM));
    }

    @Test
    void definitionsAreTheSameEverywhere() throws Refused {
        for (String filter : new String[] {"atScopeAndBelow()", "atScopeAndBelow", "atScope()"}) {
            assertEquals(BuiltInRoles.all(), definitions(filter));
        }
        assertEquals(BuiltInRoles.all(), definitions(null));
        assertEquals(List.of(BuiltInRoles.CRYPTO_USER), definitions("roleName eq 'managed hsm crypto user'"));
        assertEquals(List.of(), definitions("roleName eq 'O''Brien'"));
    }

    @Test
    void refusesOtherFiltersOfDefinitions() {
        assertThrows(Refused.class, () -> RoleFilter.definitions("principalId eq 'a'"));
    }

    private static List<RoleDefinition> definitions(@Nullable String filter) throws Refused {
        return BuiltInRoles.all().stream()
                .filter(RoleFilter.definitions(filter))
                .toList();
    }
}
