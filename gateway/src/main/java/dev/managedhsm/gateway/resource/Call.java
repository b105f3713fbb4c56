// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.auth.decision.Permit;
import dev.managedhsm.auth.token.VerifiedToken;
import dev.managedhsm.crypto.lifecycle.LifecycleAnswer;
import dev.managedhsm.gateway.http.Exchange;
import dev.managedhsm.gateway.wire.LifecycleErrors;
import dev.managedhsm.gateway.wire.Refused;
import dev.managedhsm.gateway.wire.WireError;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One permitted call of the control plane: its exchange, its parameters, who makes it and by which right. Used by its
 * event loop only.
 *
 * @param exchange the request and its answer
 * @param routing where the path's parameters are
 * @param token who calls
 * @param permit by which right
 */
record Call(Exchange exchange, RoutingContext routing, VerifiedToken token, Permit permit) {
    private static final Logger LOG = LoggerFactory.getLogger(Call.class);

    /** A named part of the path. */
    String part(String name) {
        return String.valueOf(routing.pathParam(name));
    }

    /** A query parameter, or null. */
    @Nullable
    String query(String name) {
        return routing.queryParams().get(name);
    }

    /** The body as a JSON object. */
    JsonObject json() throws Refused {
        JsonObject json = exchange.json();
        if (json == null) {
            throw new Refused("The request body is not a JSON object");
        }
        return json;
    }

    /**
     * Answers when a change has ended.
     *
     * @param change what was begun on the control worker
     * @param keyId identifier for the message if it is refused
     * @param answer called on the event loop with what the change gave back
     */
    <T> void when(CompletionStage<LifecycleAnswer<T>> change, String keyId, Consumer<T> answer) {
        change.whenComplete((ended, failure) -> exchange.resume(() -> {
            if (ended instanceof LifecycleAnswer.Done<T>(T value)) {
                answer.accept(value);
            } else if (ended instanceof LifecycleAnswer.Refused<T>(var refusal)) {
                exchange.refuse(LifecycleErrors.of(refusal, keyId));
            } else {
                LOG.error("request {} failed", exchange.requestId(), failure);
                exchange.refuse(WireError.internal());
            }
        }));
    }
}
