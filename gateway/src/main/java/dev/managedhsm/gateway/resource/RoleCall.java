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

/**
 * One permitted call of role administration. Used by its event loop only.
 *
 * @param exchange the request and its answer
 * @param scope the scope of the path
 * @param name the last part of the path, not checked
 * @param right to ask for the right again
 */
record RoleCall(Exchange exchange, Scope scope, String name, StandingRight right) implements ControlCall {
    /** The GUID that the path names. */
    UUID guid() throws Refused {
        UUID guid = Guid.parse(name);
        if (guid == null) {
            throw new Refused("The name in the request URI is not a valid GUID");
        }
        return guid;
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
        whenEnded(change, ended -> {
            switch (ended) {
                case RoleAnswer.Done<T>(T value) -> answer.accept(value);
                case RoleAnswer.Refused<T>(WireError error) -> exchange.refuse(error);
            }
        });
    }
}
