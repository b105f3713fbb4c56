// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.auth.role.DataAction;
import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.gateway.dashboard.DashboardFiles;
import dev.managedhsm.gateway.dashboard.DashboardStream;
import dev.managedhsm.gateway.http.Edge;
import dev.managedhsm.gateway.http.Exchange;
import dev.managedhsm.gateway.http.Plane;
import dev.managedhsm.gateway.observe.Health;
import dev.managedhsm.gateway.observe.HealthReport;
import dev.managedhsm.gateway.observe.LatencyLog;
import dev.managedhsm.gateway.observe.Watch;
import dev.managedhsm.gateway.wire.Refused;
import dev.managedhsm.gateway.wire.WireError;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** What operators look at, answered in every condition of the HSM. Used by its event loop's thread only. */
final class WatchRoutes {
    private static final String HLOG = "text/plain; charset=us-ascii";

    private final Edge edge;
    private final HsmAccess access;
    private final Watch watch;
    private final Security security;
    private final Supplier<Exchange> routed;

    /**
     * @param edge the event loop's edge
     * @param access who may look
     * @param watch what there is to look at
     * @param security refused tokens
     * @param routed the exchange that the router is looking at
     */
    WatchRoutes(Edge edge, HsmAccess access, Watch watch, Security security, Supplier<Exchange> routed) {
        this.edge = edge;
        this.access = access;
        this.watch = watch;
        this.security = security;
        this.routed = routed;
    }

    void addTo(Router router) {
        router.get("/latency")
                .handler(on(context -> show(routed.get(), "text/plain; charset=utf-8", this::latencyText)));
        router.get("/latency.hlog").handler(on(context -> logged(routed.get(), context.queryParams())));
        router.get("/metrics").handler(on(context -> metrics(routed.get())));
        router.get("/health").handler(on(context -> health(routed.get())));
        router.get("/health/live").handler(context -> routed.get().answer(new JsonObject().put("live", true)));
        router.get("/health/ready").handler(context -> ready(routed.get()));
        for (Security.View view : security.views()) {
            router.routeWithRegex(HttpMethod.GET, view.pattern()).handler(on(context -> look(view, context)));
        }
        new AuditRoutes(access, watch.evidence(), routed).addTo(router);
        router.get(DashboardStream.PATH).handler(on(context -> follow(routed.get())));
        for (HttpMethod method : List.of(HttpMethod.GET, HttpMethod.HEAD)) {
            router.route(method, DashboardFiles.PATH).handler(on(context -> DashboardFiles.answer(routed.get())));
            router.route(method, DashboardFiles.PATH + "/*")
                    .handler(on(context -> DashboardFiles.answer(routed.get())));
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

    /** Since the start, or for a window of time by intervals. */
    private void logged(Exchange exchange, MultiMap parameters) {
        LatencyLog log = watch.log();
        if (!parameters.contains("from") && !parameters.contains("to")) {
            show(exchange, HLOG, watch.latency()::log);
        } else if (log == null) {
            exchange.refuse(WireError.badParameter("There is no log of latencies by time: leave 'from' and 'to' out"));
        } else {
            ControlCall.attempt(exchange, () -> {
                LatencyWindow window = LatencyWindow.read(parameters);
                show(exchange, HLOG, () -> log.window(window.from(), window.to()));
            });
        }
    }

    private byte[] latencyText() {
        return watch.latency().text().getBytes(StandardCharsets.UTF_8);
    }

    /** Load balancers ask on any listener; why the HSM is not ready is for operators. */
    private void ready(Exchange exchange) {
        HealthReport report = watch.health().readiness();
        exchange.answer(status(report), Health.shortly(report, exchange.serves(Plane.MANAGEMENT)));
    }

    private void health(Exchange exchange) {
        later(exchange, watch.health()::full, report -> exchange.answer(status(report), report.json()));
    }

    private static int status(HealthReport report) {
        return report.ready() ? 200 : 503;
    }

    private void metrics(Exchange exchange) {
        String accept = exchange.request().getHeader("accept");
        later(exchange, () -> watch.metrics().page(accept), page -> exchange.answer(page.contentType(), page.body()));
    }

    private void show(Exchange exchange, String contentType, Callable<byte[]> made) {
        later(exchange, made, bytes -> exchange.answer(contentType, bytes));
    }

    /** Answers with what is made off the event loop: adding up histograms takes milliseconds and a lock. */
    private <T> void later(Exchange exchange, Callable<T> made, Consumer<T> answer) {
        edge.vertx().executeBlocking(made, true).onComplete(end -> {
            if (exchange.over()) {
                exchange.gone();
            } else if (end.succeeded()) {
                answer.accept(end.result());
            } else {
                failed(exchange, end.cause());
            }
        });
    }

    private static void failed(Exchange exchange, Throwable cause) {
        if (cause instanceof Refused refused) {
            exchange.refuse(refused.error());
        } else {
            exchange.broken(cause);
        }
    }

    private void look(Security.View view, RoutingContext context) {
        Exchange exchange = routed.get();
        exchange.whenProven(() -> {}, token -> {
            if (access.permit(exchange, token, DataAction.SECURITY_READ, Scope.HSM, EndpointGroup.WATCH) != null) {
                exchange.body().letGo();
                ControlCall.attempt(
                        exchange,
                        () -> show(exchange, Security.JSON, view.making().of(context.queryParams())));
            }
        });
    }

    /** Whoever may look at refused tokens may look at the dashboard, for as long as the token is good and the right stands. */
    private void follow(Exchange exchange) {
        exchange.whenProven(() -> {}, token -> {
            StandingRight right = StandingRight.at(access.authoriser(), token, DataAction.SECURITY_READ, Scope.HSM);
            if (access.permit(exchange, token, DataAction.SECURITY_READ, Scope.HSM, EndpointGroup.WATCH) != null) {
                exchange.body().letGo();
                DashboardStream.begin(
                        exchange, watch.pulse(), nowSeconds -> token.usableAt(nowSeconds) && right.lapsed() == null);
            }
        });
    }
}
