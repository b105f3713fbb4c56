// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.decision;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.principal.Principal;
import dev.managedhsm.auth.principal.PrincipalKind;
import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.auth.role.DataAction;
import dev.managedhsm.auth.role.Permission;
import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.auth.role.RoleDefinition;
import dev.managedhsm.auth.role.RoleSnapshot;
import dev.managedhsm.auth.role.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Decisions against an evaluation that knows no tables, no bits and no order: every assignment, every text. */
class AuthoriserProperties {
    private static final List<String> NAMES = List.of("a", "b", "Key-1");

    @Property(tries = 3000)
    void decidesAsTheRulesSay(
            @ForAll("snapshots") RoleSnapshot snapshot,
            @ForAll("principals") Principal principal,
            @ForAll DataAction action,
            @ForAll("scopes") Scope target) {
        Decision decision = new Authoriser(snapshot).decide(principal, action, target);
        assertEquals(naive(snapshot, principal, action, target), decision instanceof Permit);
        if (decision instanceof Permit permit) {
            assertTrue(grants(snapshot, permit.assignment(), principal, action, target));
        }
    }

    @Property(tries = 3000)
    void decidesOnAKeyAsAtItsScope(
            @ForAll("snapshots") RoleSnapshot snapshot,
            @ForAll("principals") Principal principal,
            @ForAll DataAction action,
            @ForAll("names") String name) {
        Authoriser authoriser = new Authoriser(snapshot);
        Decision onKey = authoriser.decideOnKey(principal, action, name);
        assertEquals(naive(snapshot, principal, action, Scope.key(name)), onKey instanceof Permit);
        if (onKey instanceof Denial denial) {
            assertEquals(authoriser.decide(principal, action, Scope.key(name)), denial);
        }
    }

    private static boolean naive(RoleSnapshot snapshot, Principal principal, DataAction action, Scope target) {
        return snapshot.assignments().stream()
                .anyMatch(assignment -> grants(snapshot, assignment, principal, action, target));
    }

    private static boolean grants(
            RoleSnapshot snapshot, RoleAssignment assignment, Principal principal, DataAction action, Scope target) {
        boolean meant = assignment.principalId().equals(principal.objectId())
                || principal.groupIds().contains(assignment.principalId());
        String at = assignment.scope().text();
        boolean there = at.equals("/")
                || at.equals(target.text())
                || (at.equals("/keys") && !target.text().equals("/"));
        RoleDefinition role = snapshot.definition(assignment.roleDefinitionId());
        return meant && there && role != null && grants(role, action);
    }

    private static boolean grants(RoleDefinition role, DataAction action) {
        List<String> granted = new ArrayList<>();
        List<String> excluded = new ArrayList<>();
        role.permissions().forEach(permission -> {
            granted.addAll(permission.dataActions());
            excluded.addAll(permission.notDataActions());
        });
        return anyMatches(granted, action) && !anyMatches(excluded, action);
    }

    private static boolean anyMatches(List<String> patterns, DataAction action) {
        return patterns.stream().anyMatch(pattern -> {
            List<String> quoted = new ArrayList<>();
            for (String part : pattern.toLowerCase(Locale.ROOT).split("\\*", -1)) {
                quoted.add(Pattern.quote(part));
            }
            return action.text().toLowerCase(Locale.ROOT).matches(String.join(".*", quoted));
        });
    }

    @Provide
    Arbitrary<RoleSnapshot> snapshots() {
        Arbitrary<List<RoleDefinition>> definitions =
                definition().list().ofMaxSize(4).uniqueElements(RoleDefinition::id);
        Arbitrary<List<RoleAssignment>> assignments =
                assignment().list().ofMaxSize(8).uniqueElements(RoleAssignment::name);
        return Combinators.combine(definitions, assignments).as(RoleSnapshot::of);
    }

    private static Arbitrary<RoleDefinition> definition() {
        return Combinators.combine(
                        Arbitraries.longs().between(1, 6), permission().list().ofMaxSize(3))
                .as((number, permissions) ->
                        new RoleDefinition(new UUID(5, number), "custom", "", RoleDefinition.Kind.CUSTOM, permissions));
    }

    private static Arbitrary<Permission> permission() {
        Arbitrary<List<String>> patterns = pattern().list().ofMaxSize(4);
        return Combinators.combine(patterns, patterns)
                .as((granted, excluded) -> new Permission(List.of(), List.of(), granted, excluded));
    }

    private static Arbitrary<String> pattern() {
        Arbitrary<String> texts = Arbitraries.of(DataAction.values()).map(DataAction::text);
        Arbitrary<String> starred = Combinators.combine(
                        texts,
                        Arbitraries.integers().between(0, 60),
                        Arbitraries.integers().between(0, 60))
                .as((text, one, two) -> {
                    int from = Math.min(Math.min(one, two), text.length());
                    int to = Math.min(Math.max(one, two), text.length());
                    return text.substring(0, from) + "*" + text.substring(to);
                });
        return Arbitraries.oneOf(
                texts,
                starred,
                texts.map(text -> text.toUpperCase(Locale.ROOT)),
                starred.map(text -> text.replace("/", "*/")));
    }

    private static Arbitrary<RoleAssignment> assignment() {
        Arbitrary<UUID> custom = Arbitraries.longs().between(1, 6).map(number -> new UUID(5, number));
        Arbitrary<UUID> builtIn = Arbitraries.of(BuiltInRoles.all()).map(RoleDefinition::id);
        return Combinators.combine(
                        Arbitraries.longs().between(1, 20),
                        Arbitraries.oneOf(custom, builtIn),
                        ids(),
                        scopesOfAllLevels())
                .as((name, role, principalId, scope) ->
                        new RoleAssignment(new UUID(3, name), role, principalId, scope));
    }

    private static Arbitrary<UUID> ids() {
        return Arbitraries.longs().between(1, 4).map(number -> new UUID(7, number));
    }

    private static Arbitrary<Scope> scopesOfAllLevels() {
        return Arbitraries.oneOf(
                Arbitraries.just(Scope.HSM),
                Arbitraries.just(Scope.KEYS),
                Arbitraries.of(NAMES).map(Scope::key));
    }

    @Provide
    Arbitrary<Principal> principals() {
        return Combinators.combine(ids(), ids().list().ofMaxSize(3))
                .as((objectId, groups) ->
                        new Principal(new UUID(9, 9), objectId, null, PrincipalKind.UNKNOWN, null, groups));
    }

    @Provide
    Arbitrary<Scope> scopes() {
        return scopesOfAllLevels();
    }

    @Provide
    Arbitrary<String> names() {
        return Arbitraries.of(NAMES).flatMap(name -> Arbitraries.of(name, name.toUpperCase(Locale.ROOT)));
    }
}
