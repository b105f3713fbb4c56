// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.auth.token.VerifiedToken;
import dev.managedhsm.gateway.http.Exchange;
import dev.managedhsm.gateway.wire.RoleErrors;
import dev.managedhsm.gateway.wire.WireError;
import org.jspecify.annotations.Nullable;

/**
 * Requests to administer roles, from the path to the permitted call. Used by its event loop only.
 *
 * <pre>
 *   begin ─▶ method there? ─▶ token ─▶ scope ─▶ right at that scope ─▶ RoleAssignments, RoleDefinitions
 * </pre>
 */
final class RoleRequests {
    private final HsmAccess access;
    private final RoleAssignments assignments;
    private final RoleDefinitions definitions;

    RoleRequests(HsmAccess access, RoleChanges changes, String baseUrl) {
        this.access = access;
        this.assignments = new RoleAssignments(access.authoriser(), changes, baseUrl);
        this.definitions = new RoleDefinitions(access.authoriser(), changes);
    }

    void begin(Exchange exchange, RolePath path) {
        RoleEndpoint endpoint = endpoint(exchange.request().method().name(), path);
        if (endpoint == null) {
            exchange.refuse(WireError.methodNotAllowed());
        } else {
            exchange.whenProven(() -> {}, token -> permit(endpoint, exchange, path, token));
        }
    }

    private @Nullable RoleEndpoint endpoint(String method, RolePath path) {
        boolean all = path.name().isEmpty();
        return switch (path.family()) {
            case ASSIGNMENTS -> all ? assignments.onAll(method) : assignments.onOne(method);
            case DEFINITIONS -> all ? definitions.onAll(method) : definitions.onOne(method);
        };
    }

    private void permit(RoleEndpoint endpoint, Exchange exchange, RolePath path, VerifiedToken token) {
        Scope scope = Scope.parse(path.scope());
        if (scope == null) {
            exchange.refuse(RoleErrors.invalidScope());
            return;
        }
        StandingRight right = StandingRight.at(access.authoriser(), token, endpoint.action(), scope);
        if (access.permit(exchange, token, endpoint.action(), scope, EndpointGroup.ROLES) == null) {
            return;
        }
        ControlCall.attempt(
                exchange, () -> endpoint.handler().handle(new RoleCall(exchange, scope, path.name(), right)));
    }
}
