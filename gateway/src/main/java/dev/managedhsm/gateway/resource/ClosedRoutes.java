// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.gateway.http.Edge;
import dev.managedhsm.gateway.http.Exchange;
import dev.managedhsm.gateway.http.Plane;
import dev.managedhsm.gateway.wire.WireError;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The routes of one event loop while the HSM has no keys open, because nobody has activated it or its root key is not
 * there: the security domain is answered, to the administrators that the configuration names, because roles are sealed too.
 * Everything else is told the condition, once the caller is proven. Used by its event loop's thread only.
 */
public final class ClosedRoutes implements Consumer<Exchange> {
    private final HsmAccess access;
    private final Router router;
    private @Nullable Exchange routed;

    /**
     * Makes an event loop's routes, on that event loop.
     *
     * @param edge the event loop's edge
     * @param closed what all event loops share
     */
    public ClosedRoutes(Edge edge, ClosedResources closed) {
        this.access = closed.access();
        this.router = Router.router(edge.vertx());
        for (Endpoint endpoint : closed.domains().endpoints()) {
            router.routeWithRegex(endpoint.method(), endpoint.pattern()).handler(context -> open(endpoint, context));
        }
        new WatchRoutes(edge, access, closed.watch(), new Security(closed.refusals()), this::exchange).addTo(router);
        router.errorHandler(405, context -> exchange().refuse(WireError.methodNotAllowed()));
        router.errorHandler(404, context -> refuse(exchange()));
        router.errorHandler(400, context -> exchange().refuse(WireError.badParameter("The request URI is malformed")));
        router.errorHandler(500, context -> exchange().broken(context.failure()));
    }

    @Override
    public void accept(Exchange exchange) {
        routed = exchange;
        try {
            router.handle(exchange.request());
        } finally {
            routed = null;
        }
    }

    private void open(Endpoint endpoint, RoutingContext context) {
        if (exchange().serves(Plane.DATA)) {
            access.open(endpoint, exchange(), context);
        } else {
            exchange().refuse(WireError.notFound());
        }
    }

    private void refuse(Exchange exchange) {
        if (!exchange.serves(Plane.DATA)) {
            exchange.refuse(WireError.notFound());
            return;
        }
        exchange.authenticate(token -> {
            WireError error = access.condition();
            exchange.refuse(error == null ? WireError.throttled() : error); // just opened: come again
        });
    }

    private Exchange exchange() {
        Exchange exchange = routed;
        if (exchange == null) {
            throw new IllegalStateException("the router calls its handlers before it returns");
        }
        return exchange;
    }
}
