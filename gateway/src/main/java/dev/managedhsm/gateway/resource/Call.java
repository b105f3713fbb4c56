// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.auth.decision.Permit;
import dev.managedhsm.auth.token.VerifiedToken;
import dev.managedhsm.crypto.lifecycle.LifecycleAnswer;
import dev.managedhsm.gateway.http.Exchange;
import dev.managedhsm.gateway.wire.LifecycleErrors;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One permitted call of the control plane: its exchange, its parameters, who makes it and by which right. Used by its
 * event loop only.
 *
 * @param exchange the request and its answer
 * @param routing where the path's parameters are
 * @param token who calls
 * @param permit by which right
 * @param right to ask for it again
 */
record Call(Exchange exchange, RoutingContext routing, VerifiedToken token, Permit permit, StandingRight right)
        implements ControlCall {
    /** A named part of the path. */
    String part(String name) {
        return String.valueOf(routing.pathParam(name));
    }

    /** A query parameter, or null. */
    @Nullable
    String query(String name) {
        return routing.queryParams().get(name);
    }

    /**
     * Answers when a change has ended.
     *
     * @param change what was begun on the control worker
     * @param keyId identifier for the message if it is refused
     * @param answer called on the event loop with what the change gave back
     */
    <T> void when(CompletionStage<LifecycleAnswer<T>> change, String keyId, Consumer<T> answer) {
        whenEnded(change, ended -> {
            switch (ended) {
                case LifecycleAnswer.Done<T>(T value) -> answer.accept(value);
                case LifecycleAnswer.Refused<T>(var refusal) -> exchange.refuse(LifecycleErrors.of(refusal, keyId));
                case LifecycleAnswer.BadKey<T>(var fault) -> exchange.refuse(LifecycleErrors.of(fault));
            }
        });
    }
}
