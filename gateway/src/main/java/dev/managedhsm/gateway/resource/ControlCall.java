// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.gateway.http.Exchange;
import dev.managedhsm.gateway.wire.Refused;
import io.vertx.core.json.JsonObject;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What calls of the control plane have in common, whatever they change. Used by the exchange's event loop only. */
sealed interface ControlCall permits Call, RoleCall {
    /** Something that answers an exchange or refuses it. */
    @FunctionalInterface
    interface Step {
        void run() throws Refused;
    }

    /** The request and its answer. */
    Exchange exchange();

    /** The body as a JSON object; the body itself is let go. */
    default JsonObject json() throws Refused {
        JsonObject json = exchange().body().json();
        if (json == null) {
            throw new Refused("The request body is not a JSON object");
        }
        return json;
    }

    /**
     * Calls back on the event loop when a change has ended, also if nobody waits for the answer any more: the audit log names
     * what was changed all the same.
     *
     * @param change what was begun
     * @param ended takes how it ended
     */
    default <A> void whenEnded(CompletionStage<A> change, Consumer<A> ended) {
        Exchange exchange = exchange();
        exchange.body().letGo(); // if the client goes there will be no answer to let it go
        change.whenComplete((@Nullable A how, @Nullable Throwable failure) -> exchange.conclude(() -> {
            if (how == null) {
                throw new IllegalStateException("a change broke off", failure);
            }
            ended.accept(how);
        }));
    }

    /** Runs a step; one that breaks off is logged, and answered with 500 if it has not answered itself. */
    static void attempt(Exchange exchange, Step step) {
        try {
            step.run();
        } catch (Refused refused) {
            exchange.refuse(refused.error());
        } catch (RuntimeException broken) {
            exchange.broken(broken);
        }
    }
}
