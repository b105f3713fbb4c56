// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.auth.decision.Authoriser;
import dev.managedhsm.auth.decision.Denial;
import dev.managedhsm.auth.decision.Permit;
import dev.managedhsm.auth.role.DataAction;
import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.auth.token.VerifiedToken;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.lifecycle.HsmState;
import dev.managedhsm.gateway.http.Exchange;
import dev.managedhsm.gateway.wire.ApiVersion;
import dev.managedhsm.gateway.wire.JsonText;
import dev.managedhsm.gateway.wire.WireError;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The questions that every request is asked after its token: is the HSM in a state to answer, does it speak the version
 * of the API and JSON, may this principal do this here. Any event loop.
 *
 * @param state the HSM's condition
 * @param authoriser local role-based access control
 */
record HsmAccess(HsmState state, Authoriser authoriser) {
    /** Why operations and keys are not answered now, or null if they are. */
    @Nullable
    WireError condition() {
        return StateRules.refusal(state.now(), EndpointGroup.KEYS);
    }

    /** Takes a request to its endpoint: token, condition, right, deed. */
    void open(Endpoint endpoint, Exchange exchange, RoutingContext context) {
        Consumer<VerifiedToken> proven = token -> permit(endpoint, exchange, context, token);
        if (exchange.body().isLong()) {
            exchange.authenticate(proven); // nobody unproven makes the HSM hold a long body; the endpoint waits for it
        } else {
            exchange.whenProven(() -> {}, proven);
        }
    }

    private void permit(Endpoint endpoint, Exchange exchange, RoutingContext context, VerifiedToken token) {
        String name = context.pathParam("name");
        Scope scope = endpoint.scope();
        if (scope == null && (name == null || !KeyName.valid(name))) {
            exchange.refuse(Keys.invalidName());
            return;
        }
        StandingRight right = scope == null
                ? StandingRight.onKey(authoriser, token, endpoint.action(), String.valueOf(name))
                : StandingRight.at(authoriser, token, endpoint.action(), scope);
        Permit permit = scope == null
                ? permitOnKey(exchange, token, endpoint.action(), String.valueOf(name))
                : permit(exchange, token, endpoint.action(), scope, endpoint.group());
        if (permit == null) {
            return;
        }
        ControlCall.attempt(
                exchange, () -> endpoint.handler().handle(new Call(exchange, context, token, permit, right)));
    }

    /** The permit to do this on a key, whether it exists or not; or null after the exchange has been refused. */
    @Nullable
    Permit permitOnKey(Exchange exchange, VerifiedToken token, DataAction action, String keyName) {
        if (!speaks(exchange, EndpointGroup.KEYS)) {
            return null;
        }
        return switch (authoriser.decideOnKey(token.principal(), action, keyName)) {
            case Permit permit -> permitted(exchange, permit);
            case Denial denial -> denied(exchange, token, denial);
        };
    }

    /** The permit to do this at a scope; or null after the exchange has been refused. */
    @Nullable
    Permit permit(Exchange exchange, VerifiedToken token, DataAction action, Scope scope, EndpointGroup group) {
        if (!speaks(exchange, group)) {
            return null;
        }
        return switch (authoriser.decide(token.principal(), action, scope)) {
            case Permit permit -> unlessInConflict(exchange, permitted(exchange, permit), group);
            case Denial denial -> denied(exchange, token, denial);
        };
    }

    private static Permit permitted(Exchange exchange, Permit permit) {
        exchange.event().permit(permit);
        return permit;
    }

    private @Nullable Permit unlessInConflict(Exchange exchange, Permit permit, EndpointGroup group) {
        WireError conflict = StateRules.conflict(state.now(), group);
        if (conflict != null) {
            exchange.refuse(conflict);
        }
        return conflict == null ? permit : null;
    }

    private boolean speaks(Exchange exchange, EndpointGroup group) {
        WireError fault = StateRules.refusal(state.now(), group);
        if (fault == null && !polls(exchange)) {
            fault = ApiVersion.fault(exchange.query());
        }
        if (fault == null && !JsonText.named(exchange.request().getHeader("content-type")) && mayHaveBody(exchange)) {
            fault = WireError.notJson();
        }
        if (fault != null) {
            exchange.refuse(fault);
        }
        return fault == null;
    }

    /** Whether somebody asks how an operation stands at the URL they were given, which names no version. */
    private static boolean polls(Exchange exchange) {
        String path = exchange.path();
        return path != null && path.endsWith("/pending") && !ApiVersion.named(exchange.query());
    }

    /** Whether a body may follow, as far as the head tells; a GET is taken as it is. */
    private static boolean mayHaveBody(Exchange exchange) {
        return !HttpMethod.GET.equals(exchange.request().method())
                && !"0".equals(exchange.request().getHeader("content-length"));
    }

    private static @Nullable Permit denied(Exchange exchange, VerifiedToken token, Denial denial) {
        exchange.refuse(StandingRight.refusal(denial, token));
        return null;
    }
}
