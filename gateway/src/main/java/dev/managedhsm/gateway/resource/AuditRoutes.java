// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.auth.role.DataAction;
import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.gateway.evidence.LogEvidence;
import dev.managedhsm.gateway.http.Exchange;
import dev.managedhsm.gateway.http.Plane;
import dev.managedhsm.gateway.wire.Refused;
import dev.managedhsm.gateway.wire.WireError;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Evidence out of the audit log: checkpoints, keys, proofs and events, for who holds {@code security/read/action} at {@code /}.
 * An extension of ours. Used by its event loop's thread only, which reads no file: see {@link LogEvidence}.
 */
final class AuditRoutes {
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String LINES = "application/x-ndjson; charset=utf-8";
    private static final int EVENTS_DEFAULT = 100;

    private final HsmAccess access;
    private final LogEvidence evidence;
    private final Supplier<Exchange> routed;
    private final List<View> views;

    /** One thing to ask for. */
    private record View(String path, String contentType, Making making) {}

    /** From a query's parameters to what makes the answer, off the event loop. */
    @FunctionalInterface
    private interface Making {
        Callable<byte[]> of(MultiMap parameters) throws Refused;
    }

    /**
     * @param access who may ask
     * @param evidence what answers
     * @param routed the exchange that the router is looking at
     */
    AuditRoutes(HsmAccess access, LogEvidence evidence, Supplier<Exchange> routed) {
        this.access = access;
        this.evidence = evidence;
        this.routed = routed;
        this.views = List.of(
                new View("/audit/checkpoint", TEXT, parameters -> evidence::checkpoint),
                new View("/audit/keys", TEXT, parameters -> evidence::keys),
                new View("/audit/proof", Security.JSON, this::inclusion),
                new View("/audit/consistency", Security.JSON, this::consistency),
                new View("/audit/events", LINES, this::events));
    }

    void addTo(Router router) {
        for (View view : views) {
            router.routeWithRegex(HttpMethod.GET, "(?i)" + view.path() + "/?").handler(context -> {
                if (routed.get().serves(Plane.MANAGEMENT)) {
                    look(view, routed.get(), context.queryParams());
                } else {
                    routed.get().refuse(WireError.notFound());
                }
            });
        }
    }

    private void look(View view, Exchange exchange, MultiMap parameters) {
        exchange.whenProven(() -> {}, token -> {
            if (access.permit(exchange, token, DataAction.SECURITY_READ, Scope.HSM, EndpointGroup.WATCH) != null) {
                exchange.body().letGo();
                ControlCall.attempt(
                        exchange, () -> ask(view, exchange, view.making().of(parameters)));
            }
        });
    }

    private void ask(View view, Exchange exchange, Callable<byte[]> question) {
        CompletionStage<LogEvidence.Told<byte[]>> asked = evidence.ask(question);
        if (asked == null) {
            exchange.refuse(WireError.throttled());
            return;
        }
        asked.whenComplete((LogEvidence.@Nullable Told<byte[]> told, @Nullable Throwable failure) -> {
            Runnable over = told == null ? () -> {} : told::over;
            exchange.resume(
                    () -> {
                        if (told == null) {
                            failed(exchange, failure);
                        } else {
                            exchange.answer(view.contentType(), told.answer(), over);
                        }
                    },
                    over);
        });
    }

    private static void failed(Exchange exchange, @Nullable Throwable failure) {
        Throwable cause = failure instanceof CompletionException wrapped ? wrapped.getCause() : failure;
        if (cause instanceof Refused refused) {
            exchange.refuse(refused.error());
        } else {
            exchange.broken(cause);
        }
    }

    private Callable<byte[]> inclusion(MultiMap parameters) throws Refused {
        long index = number(parameters, "index");
        Long size = numberOrNull(parameters, "size");
        return () -> evidence.inclusion(index, size).toBuffer().getBytes();
    }

    private Callable<byte[]> consistency(MultiMap parameters) throws Refused {
        long from = number(parameters, "from");
        Long to = numberOrNull(parameters, "to");
        return () -> evidence.consistency(from, to).toBuffer().getBytes();
    }

    private Callable<byte[]> events(MultiMap parameters) throws Refused {
        long from = number(parameters, "from");
        Long count = numberOrNull(parameters, "count");
        if (count != null && (count < 1 || count > LogEvidence.EVENTS_MAX)) {
            throw new Refused("The parameter count must be a number from 1 to " + LogEvidence.EVENTS_MAX);
        }
        return () -> evidence.events(from, count == null ? EVENTS_DEFAULT : count.intValue());
    }

    private static long number(MultiMap parameters, String name) throws Refused {
        Long number = numberOrNull(parameters, name);
        if (number == null) {
            throw new Refused("The parameter " + name + " is missing");
        }
        return number;
    }

    private static @Nullable Long numberOrNull(MultiMap parameters, String name) throws Refused {
        String text = parameters.get(name);
        if (text == null) {
            return null;
        }
        try {
            long number = Long.parseLong(text);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new Refused("The parameter " + name + " must be a number, 0 or larger");
    }
}
