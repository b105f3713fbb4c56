// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.auth.decision.Authoriser;
import dev.managedhsm.auth.decision.Denial;
import dev.managedhsm.auth.decision.Permit;
import dev.managedhsm.auth.role.DataAction;
import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.auth.token.VerifiedToken;
import dev.managedhsm.crypto.lifecycle.HsmCondition;
import dev.managedhsm.crypto.lifecycle.HsmState;
import dev.managedhsm.gateway.http.Exchange;
import dev.managedhsm.gateway.wire.ApiVersion;
import dev.managedhsm.gateway.wire.JsonText;
import dev.managedhsm.gateway.wire.WireError;
import io.vertx.core.http.HttpMethod;
import org.jspecify.annotations.Nullable;

/**
 * The questions that every request is asked after its token: is the HSM in a state to answer, does it speak the version
 * of the API and JSON, may this principal do this here. Any event loop.
 *
 * @param state the HSM's condition
 * @param authoriser local role-based access control
 */
record HsmAccess(HsmState state, Authoriser authoriser) {
    /** Why the HSM answers nothing now, or null if it does. */
    @Nullable
    WireError condition() {
        return switch (state.now()) {
            case OPERATIONAL -> null;
            case PROVISIONED ->
                WireError.unavailable("The HSM is not activated: its security domain was not downloaded");
            case SEALED -> WireError.unavailable("The HSM is sealed: its root key is not available");
            case RESTORING -> WireError.unavailable("The HSM is being restored from a backup");
            case DRAINING -> WireError.unavailable("The HSM is shutting down");
            case FAILED -> new WireError(500, "InternalServerError", "The HSM has failed and must be restarted");
        };
    }

    /** The permit to do this on a key, whether it exists or not; or null after the exchange has been refused. */
    @Nullable
    Permit permitOnKey(Exchange exchange, VerifiedToken token, DataAction action, String keyName) {
        if (!speaks(exchange, action)) {
            return null;
        }
        return switch (authoriser.decideOnKey(token.principal(), action, keyName)) {
            case Permit permit -> permit;
            case Denial denial -> denied(exchange, token, denial);
        };
    }

    /** The permit to do this at a scope; or null after the exchange has been refused. */
    @Nullable
    Permit permit(Exchange exchange, VerifiedToken token, DataAction action, Scope scope) {
        if (!speaks(exchange, action)) {
            return null;
        }
        return switch (authoriser.decide(token.principal(), action, scope)) {
            case Permit permit -> permit;
            case Denial denial -> denied(exchange, token, denial);
        };
    }

    private boolean speaks(Exchange exchange, DataAction action) {
        boolean asksForRestore = state.now() == HsmCondition.RESTORING && action == DataAction.RESTORE_STATUS;
        WireError fault = asksForRestore ? null : condition();
        if (fault == null) {
            fault = ApiVersion.fault(exchange.request().query());
        }
        if (fault == null && !JsonText.named(exchange.request().getHeader("content-type")) && mayHaveBody(exchange)) {
            fault = WireError.notJson();
        }
        if (fault != null) {
            exchange.refuse(fault);
        }
        return fault == null;
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
