// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static dev.managedhsm.auth.role.DataAction.ROLE_ASSIGNMENTS_DELETE;
import static dev.managedhsm.auth.role.DataAction.ROLE_ASSIGNMENTS_READ;
import static dev.managedhsm.auth.role.DataAction.ROLE_ASSIGNMENTS_WRITE;

import dev.managedhsm.auth.decision.Authoriser;
import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.gateway.wire.Refused;
import dev.managedhsm.gateway.wire.RoleAssignmentBody;
import dev.managedhsm.gateway.wire.RoleErrors;
import dev.managedhsm.gateway.wire.RoleFilter;
import io.vertx.core.json.JsonArray;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Role assignments: list, read, make, delete. An assignment is found at its own scope only, so the right that was asked
 * for at the scope of the path is the right on what is shown or deleted. Any event loop.
 */
final class RoleAssignments {
    private final Authoriser authoriser;
    private final RoleChanges changes;

    RoleAssignments(Authoriser authoriser, RoleChanges changes) {
        this.authoriser = authoriser;
        this.changes = changes;
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

    private void list(RoleCall call) throws Refused {
        Predicate<RoleAssignment> shown = RoleFilter.assignments(call.filter(), call.scope());
        JsonArray items = new JsonArray();
        for (RoleAssignment assignment : authoriser.snapshot().assignments()) {
            if (shown.test(assignment)) {
                items.add(RoleAssignmentBody.json(assignment));
            }
        }
        call.answer(items);
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
        call.when(
                changes.assign(wanted, call.right()::lapsed),
                assignment -> call.exchange().answer(201, RoleAssignmentBody.json(assignment)));
    }

    private void unassign(RoleCall call) throws Refused {
        call.when(
                changes.unassign(call.guid(), call.scope(), call.right()::lapsed),
                assignment -> call.exchange().answer(RoleAssignmentBody.json(assignment)));
    }
}
