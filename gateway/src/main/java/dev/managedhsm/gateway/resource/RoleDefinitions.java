// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static dev.managedhsm.auth.role.DataAction.ROLE_DEFINITIONS_DELETE;
import static dev.managedhsm.auth.role.DataAction.ROLE_DEFINITIONS_READ;
import static dev.managedhsm.auth.role.DataAction.ROLE_DEFINITIONS_WRITE;

import dev.managedhsm.auth.decision.Authoriser;
import dev.managedhsm.auth.role.RoleDefinition;
import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.gateway.wire.Refused;
import dev.managedhsm.gateway.wire.RoleDefinitionBody;
import dev.managedhsm.gateway.wire.RoleErrors;
import dev.managedhsm.gateway.wire.RoleFilter;
import io.vertx.core.json.JsonArray;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Role definitions: list, read, make or replace, delete. They belong to the whole HSM. Any event loop. */
final class RoleDefinitions {
    private final Authoriser authoriser;
    private final RoleChanges changes;

    RoleDefinitions(Authoriser authoriser, RoleChanges changes) {
        this.authoriser = authoriser;
        this.changes = changes;
    }

    /** What a method does on all definitions, or null. */
    @Nullable
    RoleEndpoint onAll(String method) {
        return method.equals("GET") ? new RoleEndpoint(ROLE_DEFINITIONS_READ, this::list) : null;
    }

    /** What a method does on one definition, or null. */
    @Nullable
    RoleEndpoint onOne(String method) {
        return switch (method) {
            case "GET" -> new RoleEndpoint(ROLE_DEFINITIONS_READ, this::read);
            case "PUT" -> new RoleEndpoint(ROLE_DEFINITIONS_WRITE, this::define);
            case "DELETE" -> new RoleEndpoint(ROLE_DEFINITIONS_DELETE, this::undefine);
            default -> null;
        };
    }

    private void list(RoleCall call) throws Refused {
        Predicate<RoleDefinition> shown = RoleFilter.definitions(call.filter());
        JsonArray items = new JsonArray();
        for (RoleDefinition definition : authoriser.snapshot().definitions()) {
            if (shown.test(definition)) {
                items.add(RoleDefinitionBody.json(definition));
            }
        }
        call.answer(items);
    }

    private void read(RoleCall call) throws Refused {
        RoleDefinition definition = authoriser.snapshot().definition(call.guid());
        if (definition == null) {
            call.exchange().refuse(RoleErrors.definitionNotFound());
        } else {
            call.exchange().answer(RoleDefinitionBody.json(definition));
        }
    }

    private void define(RoleCall call) throws Refused {
        if (atHsm(call)) {
            RoleDefinition wanted = RoleDefinitionBody.read(call.guid(), call.json());
            call.when(
                    changes.define(wanted, call.right()::lapsed),
                    definition -> call.exchange().answer(201, RoleDefinitionBody.json(definition)));
        }
    }

    private void undefine(RoleCall call) throws Refused {
        if (atHsm(call)) {
            call.when(
                    changes.undefine(call.guid(), call.right()::lapsed),
                    definition -> call.exchange().answer(RoleDefinitionBody.json(definition)));
        }
    }

    private static boolean atHsm(RoleCall call) {
        boolean atHsm = call.scope().equals(Scope.HSM);
        if (!atHsm) {
            call.exchange().refuse(RoleErrors.definitionScope());
        }
        return atHsm;
    }
}
