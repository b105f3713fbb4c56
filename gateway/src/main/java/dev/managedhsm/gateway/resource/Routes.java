// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.gateway.http.Edge;
import dev.managedhsm.gateway.http.Exchange;
import dev.managedhsm.gateway.http.Plane;
import dev.managedhsm.gateway.wire.WireError;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The one table of routes of one event loop: a hand-written switch for key operations, another for roles, Vert.x's router
 * for the rest. Used by its event loop's thread only.
 */
public final class Routes implements Consumer<Exchange>, AutoCloseable {
    private final Edge edge;
    private final HsmAccess access;
    private final KeyOperations operations;
    private final RoleRequests roles;
    private final Router router;

    /** The exchange that the router is looking at; it calls its handlers before it returns. */
    private @Nullable Exchange routed;

    /**
     * Makes an event loop's routes, on that event loop.
     *
     * @param edge the event loop's edge
     * @param resources what all event loops share
     */
    public Routes(Edge edge, Resources resources) {
        this.edge = edge;
        this.access = resources.access();
        this.operations = resources.keyOperations(edge);
        this.roles = resources.roles();
        this.router = Router.router(edge.vertx());
        for (Endpoint endpoint : resources.endpoints()) {
            router.routeWithRegex(endpoint.method(), endpoint.pattern())
                    .handler(on(Plane.DATA, context -> access.open(endpoint, exchange(), context)));
        }
        new WatchRoutes(edge, access, resources.watch(), resources.security(), this::exchange).addTo(router);
        router.errorHandler(405, context -> exchange().refuse(WireError.methodNotAllowed()));
        router.errorHandler(404, context -> exchange().refuse(WireError.notFound()));
        router.errorHandler(400, context -> exchange().refuse(WireError.badParameter("The request URI is malformed")));
        router.errorHandler(500, this::broken);
    }

    @Override
    public void accept(Exchange exchange) {
        String path = exchange.path();
        boolean applications = exchange.serves(Plane.DATA);
        if (applications && HttpMethod.POST.equals(exchange.request().method())) {
            OperationPath operation = path == null ? null : OperationPath.parse(path);
            if (operation != null) {
                operations.begin(exchange, operation);
                return;
            }
        }
        RolePath role = path == null || !applications ? null : RolePath.parse(path);
        if (role != null) {
            roles.begin(exchange, role);
            return;
        }
        routed = exchange;
        try {
            router.handle(exchange.request());
        } finally {
            routed = null;
        }
    }

    /** A handler for applications: on a listener that is not for them, there is nothing. */
    private Handler<RoutingContext> on(Plane plane, Handler<RoutingContext> handler) {
        return context -> {
            if (exchange().serves(plane)) {
                handler.handle(context);
            } else {
                exchange().refuse(WireError.notFound());
            }
        };
    }

    private Exchange exchange() {
        Exchange exchange = routed;
        if (exchange == null) {
            throw new IllegalStateException("the router calls its handlers before it returns");
        }
        return exchange;
    }

    private void broken(RoutingContext context) {
        exchange().broken(context.failure());
    }

    /** Has operations run from this event loop; see {@link LoopWarmUp}. Any thread. */
    CompletableFuture<Long> warmUp(LivingKey curve, LivingKey secret, int count, long endNanos) {
        CompletableFuture<Long> done = new CompletableFuture<>();
        edge.loop().execute(() -> {
            try {
                var _ = new LoopWarmUp(operations, curve, secret, count, endNanos)
                        .begin()
                        .whenComplete((executed, failure) -> {
                            if (failure == null) {
                                done.complete(executed);
                            } else {
                                done.completeExceptionally(failure);
                            }
                        });
            } catch (RuntimeException broken) {
                done.completeExceptionally(broken);
            }
        });
        return done;
    }

    /** Gives back the slots; all operations must have come back. */
    @Override
    public void close() {
        operations.close();
    }
}
