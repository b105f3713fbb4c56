// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.auth.role.DataAction;
import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.crypto.latency.LatencyBook;
import dev.managedhsm.gateway.http.Edge;
import dev.managedhsm.gateway.http.Exchange;
import dev.managedhsm.gateway.http.Plane;
import dev.managedhsm.gateway.wire.WireError;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/** What operators look at, answered in every condition of the HSM. Used by its event loop's thread only. */
final class WatchRoutes {
    private final Edge edge;
    private final HsmAccess access;
    private final LatencyBook latency;
    private final Security security;
    private final Supplier<Exchange> routed;

    /**
     * @param edge the event loop's edge
     * @param access who may look
     * @param latency all histograms
     * @param security refused tokens
     * @param routed the exchange that the router is looking at
     */
    WatchRoutes(Edge edge, HsmAccess access, LatencyBook latency, Security security, Supplier<Exchange> routed) {
        this.edge = edge;
        this.access = access;
        this.latency = latency;
        this.security = security;
        this.routed = routed;
    }

    void addTo(Router router) {
        router.get("/latency")
                .handler(on(context -> show(routed.get(), "text/plain; charset=utf-8", this::latencyText)));
        router.get("/latency.hlog")
                .handler(on(context -> show(routed.get(), "text/plain; charset=us-ascii", latency::log)));
        for (Security.View view : security.views()) {
            router.routeWithRegex(HttpMethod.GET, view.pattern()).handler(on(context -> look(view, context)));
        }
    }

    /** On a listener that is not for operators, there is nothing. */
    private Handler<RoutingContext> on(Handler<RoutingContext> handler) {
        return context -> {
            if (routed.get().serves(Plane.MANAGEMENT)) {
                handler.handle(context);
            } else {
                routed.get().refuse(WireError.notFound());
            }
        };
    }

    private byte[] latencyText() {
        return latency.text().getBytes(StandardCharsets.UTF_8);
    }

    /** Answers with what is made off the event loop: adding up histograms takes milliseconds and a lock. */
    private void show(Exchange exchange, String contentType, Callable<byte[]> made) {
        edge.vertx().executeBlocking(made, true).onComplete(bytes -> {
            if (exchange.over()) {
                exchange.letBodyGo();
            } else if (bytes.succeeded()) {
                exchange.answer(contentType, bytes.result());
            } else {
                exchange.broken(bytes.cause());
            }
        });
    }

    private void look(Security.View view, RoutingContext context) {
        Exchange exchange = routed.get();
        exchange.whenProven(() -> {}, token -> {
            if (access.permit(exchange, token, DataAction.SECURITY_READ, Scope.HSM, EndpointGroup.WATCH) != null) {
                exchange.letBodyGo();
                ControlCall.attempt(
                        exchange,
                        () -> show(exchange, Security.JSON, view.making().of(context.queryParams())));
            }
        });
    }
}
