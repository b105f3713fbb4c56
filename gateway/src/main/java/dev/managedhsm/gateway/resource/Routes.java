// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.auth.decision.Permit;
import dev.managedhsm.auth.role.DataAction;
import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.auth.token.VerifiedToken;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.gateway.http.Edge;
import dev.managedhsm.gateway.http.Exchange;
import dev.managedhsm.gateway.http.Plane;
import dev.managedhsm.gateway.wire.WireError;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The one table of routes of one event loop: a hand-written switch for key operations, another for roles, Vert.x's router
 * for the rest. Used by its event loop's thread only.
 */
public final class Routes implements Consumer<Exchange>, AutoCloseable {
    private static final Set<String> LATENCY_PATHS = Set.of("/latency", "/latency.hlog");

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
        this.operations = resources.keyOperations(edge.loop());
        this.roles = resources.roles();
        this.router = Router.router(edge.vertx());
        for (Endpoint endpoint : resources.keys().endpoints()) {
            router.routeWithRegex(endpoint.method(), endpoint.pattern()).handler(context -> open(endpoint, context));
        }
        router.get("/latency").handler(context -> show("text/plain; charset=utf-8", () -> latencyText(resources)));
        router.get("/latency.hlog").handler(context -> show("text/plain; charset=us-ascii", resources.latency()::log));
        for (Security.View view : resources.security().views()) {
            router.routeWithRegex(HttpMethod.GET, view.pattern()).handler(context -> look(view, context));
        }
        router.errorHandler(405, context -> exchange().refuse(WireError.methodNotAllowed()));
        router.errorHandler(404, context -> exchange().refuse(WireError.notFound()));
        router.errorHandler(400, context -> exchange().refuse(WireError.badParameter("The request URI is malformed")));
        router.errorHandler(500, this::broken);
    }

    @Override
    public void accept(Exchange exchange) {
        String path = exchange.request().path();
        if (!exchange.serves(forOperators(path) ? Plane.MANAGEMENT : Plane.DATA)) {
            exchange.refuse(WireError.notFound());
            return;
        }
        if (HttpMethod.POST.equals(exchange.request().method())) {
            OperationPath operation = path == null ? null : OperationPath.parse(path);
            if (operation != null) {
                operations.begin(exchange, operation);
                return;
            }
        }
        RolePath role = path == null ? null : RolePath.parse(path);
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

    /** What operators ask; everything else is for applications. */
    private static boolean forOperators(@Nullable String path) {
        return path != null && (LATENCY_PATHS.contains(path) || path.startsWith("/security/"));
    }

    private Exchange exchange() {
        Exchange exchange = routed;
        if (exchange == null) {
            throw new IllegalStateException("the router calls its handlers before it returns");
        }
        return exchange;
    }

    private static byte[] latencyText(Resources resources) {
        return resources.latency().text().getBytes(StandardCharsets.UTF_8);
    }

    /** Answers with what is made off the event loop: adding up histograms takes milliseconds and a lock. */
    private void show(String contentType, Callable<byte[]> made) {
        show(exchange(), contentType, made);
    }

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
        Exchange exchange = exchange();
        exchange.whenProven(() -> {}, token -> {
            if (access.permit(exchange, token, DataAction.SECURITY_READ, Scope.HSM) != null) {
                exchange.letBodyGo();
                ControlCall.attempt(
                        exchange,
                        () -> show(exchange, Security.JSON, view.making().of(context.queryParams())));
            }
        });
    }

    private void open(Endpoint endpoint, RoutingContext context) {
        Exchange exchange = exchange();
        exchange.whenProven(() -> {}, token -> permit(endpoint, exchange, context, token));
    }

    private void permit(Endpoint endpoint, Exchange exchange, RoutingContext context, VerifiedToken token) {
        String name = context.pathParam("name");
        if (endpoint.onKey() && (name == null || !KeyName.valid(name))) {
            exchange.refuse(Keys.invalidName());
            return;
        }
        Permit permit = endpoint.onKey() && name != null
                ? access.permitOnKey(exchange, token, endpoint.action(), name)
                : access.permit(exchange, token, endpoint.action(), Scope.KEYS);
        if (permit == null) {
            return;
        }
        ControlCall.attempt(exchange, () -> endpoint.handler().handle(new Call(exchange, context, token, permit)));
    }

    private void broken(RoutingContext context) {
        exchange().broken(context.failure());
    }

    /** Gives back the slots; all operations must have come back. */
    @Override
    public void close() {
        operations.close();
    }
}
