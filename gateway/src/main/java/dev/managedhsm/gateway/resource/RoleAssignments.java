// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static dev.managedhsm.auth.role.DataAction.ROLE_ASSIGNMENTS_DELETE;
import static dev.managedhsm.auth.role.DataAction.ROLE_ASSIGNMENTS_READ;
import static dev.managedhsm.auth.role.DataAction.ROLE_ASSIGNMENTS_WRITE;

import dev.managedhsm.auth.decision.Authoriser;
import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.gateway.wire.Page;
import dev.managedhsm.gateway.wire.Refused;
import dev.managedhsm.gateway.wire.RoleAssignmentBody;
import dev.managedhsm.gateway.wire.RoleErrors;
import dev.managedhsm.gateway.wire.RoleFilter;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Role assignments: list, read, make, delete. An assignment is found at its own scope only, so the right that was asked
 * for at the scope of the path is the right on what is shown or deleted. Any event loop.
 */
final class RoleAssignments {
    private static final String LIST = "/providers/Microsoft.Authorization/roleAssignments";

    /** Assignments on a page. */
    private static final int PAGE_SIZE = 100;

    private final Authoriser authoriser;
    private final RoleChanges changes;
    private final String baseUrl;

    RoleAssignments(Authoriser authoriser, RoleChanges changes, String baseUrl) {
        this.authoriser = authoriser;
        this.changes = changes;
        this.baseUrl = baseUrl;
    }

    /** What a method does on all assignments of a scope, or null. */
    @Nullable
    RoleEndpoint onAll(String method) {
        return method.equals("GET") ? new RoleEndpoint(ROLE_ASSIGNMENTS_READ, this::list) : null;
    }

    /** What a method does on one assignment, or null. */
    @Nullable
    RoleEndpoint onOne(String method) {
        return switch (method) {
            case "GET" -> new RoleEndpoint(ROLE_ASSIGNMENTS_READ, this::read);
            case "PUT" -> new RoleEndpoint(ROLE_ASSIGNMENTS_WRITE, this::assign);
            case "DELETE" -> new RoleEndpoint(ROLE_ASSIGNMENTS_DELETE, this::unassign);
            default -> null;
        };
    }

    /**
     * What a scope has is few, by the limits; what somebody has on all keys may be more than a page. Then it is in the order
     * of names, so that what stays while somebody turns the pages is shown once.
     */
    private void list(RoleCall call) throws Refused {
        String filter = call.filter();
        Predicate<RoleAssignment> shown = RoleFilter.assignments(filter, call.scope());
        List<RoleAssignment> found =
                authoriser.snapshot().assignments().stream().filter(shown).toList();
        String path = Scope.HSM.equals(call.scope()) ? LIST : call.scope().text() + LIST;
        Page page = Page.of(null, call.query(Page.MARK), path).ofSize(PAGE_SIZE);
        if (page.after() == null && found.size() <= page.size()) {
            call.answer(items(found));
            return;
        }
        List<RoleAssignment> rest = found.stream()
                .filter(assignment ->
                        page.after() == null || assignment.name().toString().compareTo(page.after()) > 0)
                .sorted(Comparator.comparing(assignment -> assignment.name().toString()))
                .toList();
        List<RoleAssignment> first = rest.subList(0, Math.min(rest.size(), page.size()));
        JsonObject answer = new JsonObject().put("value", items(first));
        if (first.size() < rest.size()) {
            String link = page.link(baseUrl, path, first.getLast().name().toString(), call.query("api-version"));
            answer.put("nextLink", filter == null ? link : link + "&$filter=" + encoded(filter));
        }
        call.exchange().answer(answer);
    }

    private static JsonArray items(List<RoleAssignment> assignments) {
        JsonArray items = new JsonArray();
        assignments.forEach(assignment -> items.add(RoleAssignmentBody.json(assignment)));
        return items;
    }

    private static String encoded(String filter) {
        return URLEncoder.encode(filter, StandardCharsets.UTF_8);
    }

    private void read(RoleCall call) throws Refused {
        RoleAssignment assignment = authoriser.snapshot().assignment(call.guid());
        if (assignment == null || !assignment.scope().equals(call.scope())) {
            call.exchange().refuse(RoleErrors.assignmentNotFound());
        } else {
            call.exchange().answer(RoleAssignmentBody.json(assignment));
        }
    }

    private void assign(RoleCall call) throws Refused {
        RoleAssignment wanted = RoleAssignmentBody.read(call.guid(), call.scope(), call.json());
        call.when(changes.assign(wanted, call.right()::lapsed), assignment -> {
            call.exchange().event().assignment(assignment);
            call.exchange().answer(201, RoleAssignmentBody.json(assignment));
        });
    }

    private void unassign(RoleCall call) throws Refused {
        call.when(changes.unassign(call.guid(), call.scope(), call.right()::lapsed), assignment -> {
            call.exchange().event().assignment(assignment);
            call.exchange().answer(RoleAssignmentBody.json(assignment));
        });
    }
}
