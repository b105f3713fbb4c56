// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.auth.principal.Guid;
import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.gateway.http.Exchange;
import dev.managedhsm.gateway.wire.Refused;
import dev.managedhsm.gateway.wire.WireError;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One permitted call of role administration. Used by its event loop only.
 *
 * @param exchange the request and its answer
 * @param scope the scope of the path
 * @param name the last part of the path, not checked
 */
record RoleCall(Exchange exchange, Scope scope, String name) {
    private static final Logger LOG = LoggerFactory.getLogger(RoleCall.class);

    /** The GUID that the path names. */
    UUID guid() throws Refused {
        UUID guid = Guid.parse(name);
        if (guid == null) {
            throw new Refused("The name in the request URI is not a valid GUID");
        }
        return guid;
    }

    /** The body as a JSON object. */
    JsonObject json() throws Refused {
        JsonObject json = exchange.json();
        if (json == null) {
            throw new Refused("The request body is not a JSON object");
        }
        return json;
    }

    /** The query parameter {@code $filter}, or null. */
    @Nullable
    String filter() throws Refused {
        try {
            return exchange.request().getParam("$filter");
        } catch (IllegalArgumentException malformed) {
            throw new Refused("The request URI is malformed");
        }
    }

    /** Answers with a whole list on one page; limits on roles keep it short. */
    void answer(JsonArray items) {
        exchange.answer(new JsonObject().put("value", items));
    }

    /**
     * Answers when a change has ended.
     *
     * @param change what was begun
     * @param answer called on the event loop with what the change gave back
     */
    <T> void when(CompletionStage<RoleAnswer<T>> change, Consumer<T> answer) {
        change.whenComplete((ended, failure) -> exchange.resume(() -> {
            if (ended instanceof RoleAnswer.Done<T>(T value)) {
                answer.accept(value);
            } else if (ended instanceof RoleAnswer.Refused<T>(WireError error)) {
                exchange.refuse(error);
            } else {
                LOG.error("request {} failed", exchange.requestId(), failure);
                exchange.refuse(WireError.internal());
            }
        }));
    }
}
