// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import dev.managedhsm.auth.token.BearerHeader;
import dev.managedhsm.auth.token.Rejection;
import dev.managedhsm.auth.token.RejectionReason;
import dev.managedhsm.auth.token.Verification;
import dev.managedhsm.auth.token.VerifiedToken;
import dev.managedhsm.gateway.refusal.RefusalRecord;
import dev.managedhsm.gateway.wire.WireError;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who is asking: from the header's text to a verified token, verifying each token once.
 *
 * <pre>
 *   header ─▶ the connection's last one? ─▶ in the cache of all? ─▶ may this connection miss? ─▶ verify, off the loop
 *             identity, then text            full text                32, one more every 100 ms    bounded queue
 *                                               │                                                     │      ▲
 *                                               └──▶ its certificate, if it is bound to one ◀─────────┤      │ once
 *                                                                                     unknown key ────┴▶ fetch, wait
 * </pre>
 *
 * <p>A client that begins with many requests at once brings the same new token with each: one verification answers them all.
 *
 * One per event loop, used by its thread only; the cache, the verifier and the record of refusals behind it are shared.
 */
final class TokenGate {
    private static final Logger LOG = LoggerFactory.getLogger(TokenGate.class);

    private static final String SCHEME = "Bearer ";

    private final EdgeServices services;
    private final Executor loop;
    private final EdgeCounters counters;

    /** Callers whose token waits for its issuer's keys; counted up by any verification thread. */
    private final AtomicInteger waiting = new AtomicInteger();

    /** Tokens that are being verified, with those who brought the same one meanwhile. */
    private final Map<String, List<Arrival>> underWay = new HashMap<>();

    /** A token on its way: who brought it, and what happens when it is good. */
    private record Arrival(
            Exchange exchange, Connection connection, String header, String token, Consumer<VerifiedToken> action) {}

    /**
     * @param services what verifies, remembers and answers
     * @param loop runs tasks on the owning event loop
     * @param counters counts from where callers are known
     */
    TokenGate(EdgeServices services, Executor loop, EdgeCounters counters) {
        this.services = services;
        this.loop = loop;
        this.counters = counters;
    }

    /** Whether a header could bring a token at all, told without taking it apart. */
    static boolean mayProve(@Nullable String header) {
        return header != null && header.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
    }

    void authenticate(Exchange exchange, Connection connection, Consumer<VerifiedToken> action) {
        String header = exchange.request().getHeader("authorization");
        if (header == null) {
            counters.known(EdgeCounters.Known.REFUSED);
            exchange.challenge(RejectionReason.MISSING, services.challenge());
            return;
        }
        long nowSeconds = services.clock().millis() / 1000;
        VerifiedToken known = connection.token(header);
        if (known != null && known.usableAt(nowSeconds)) {
            counters.known(EdgeCounters.Known.CONNECTION);
            exchange.proven(known);
            action.accept(known);
            return;
        }
        String token = BearerHeader.token(header);
        if (token == null) {
            if (connection.mayMiss(System.nanoTime())) { // the record has the same budget as the verifier
                reject(exchange, Rejection.NOT_BEARER);
            } else {
                counters.known(EdgeCounters.Known.REFUSED);
                exchange.challenge(RejectionReason.NOT_BEARER, services.challenge());
            }
            return;
        }
        Arrival arrival = new Arrival(exchange, connection, header, token, action);
        known = services.cache().find(token, nowSeconds);
        List<Arrival> others = known == null ? underWay.get(token) : null;
        if (others != null) {
            others.add(arrival);
        } else if (known != null && !known.bound()) {
            accept(arrival, known, EdgeCounters.Known.CACHE);
        } else if (!connection.mayMiss(System.nanoTime())) {
            throttle(exchange);
        } else if (known != null) {
            accept(arrival, known, EdgeCounters.Known.CACHE);
        } else {
            underWay.put(token, new ArrayList<>(0));
            verify(arrival, true);
        }
    }

    /** Remembered by the connection only after its certificate was looked at, which stays the same. */
    private void accept(Arrival arrival, VerifiedToken verified, EdgeCounters.Known from) {
        Rejection rejection = verified.bound() ? verified.refusedOn(arrival.connection.certificateThumbprint()) : null;
        if (rejection != null) {
            reject(arrival.exchange, rejection);
            return;
        }
        counters.known(from);
        arrival.connection.remember(arrival.header, verified);
        arrival.exchange.proven(verified);
        arrival.action.accept(verified);
    }

    private void verify(Arrival arrival, boolean mayWait) {
        try {
            services.verification().execute(() -> {
                Verification verification = verify(arrival.token);
                if (!(mayWait && verification instanceof Rejection rejection && waitsForKeys(arrival, rejection))) {
                    loop.execute(() -> verified(arrival, verification));
                }
            });
        } catch (RejectedExecutionException full) {
            loop.execute(() -> throttle(arrival));
        }
    }

    /** Off the event loop; null if the verifier broke. */
    private @Nullable Verification verify(String token) {
        try {
            Verification verification = services.verifier().verify(token);
            if (verification instanceof VerifiedToken verified) {
                services.cache().keep(token, verified);
                services.refusals().verified(verified);
            }
            return verification;
        } catch (RuntimeException | StackOverflowError broken) {
            LOG.error("a token could not be verified", broken);
            return null;
        }
    }

    /** Off the event loop: has keys fetched; whether the token will be looked at again when they are here, or too late. */
    private boolean waitsForKeys(Arrival arrival, Rejection rejection) {
        String issuerName = rejection.issuerName();
        boolean stale = rejection.reason() == RejectionReason.KEYS_STALE;
        if (issuerName == null || !(stale || rejection.keyMayBeNew())) {
            return false;
        }
        CompletableFuture<Void> fetch = services.refresh().wanted(issuerName);
        if (fetch == null) {
            return false;
        }
        if (waiting.incrementAndGet() > EdgeLimits.TOKENS_WAITING_MAX) {
            waiting.decrementAndGet();
            loop.execute(() -> throttle(arrival));
            return true;
        }
        var _ = fetch.copy()
                .completeOnTimeout(null, EdgeLimits.KEY_WAIT_MILLIS_MAX, TimeUnit.MILLISECONDS)
                .whenComplete((ended, never) -> {
                    waiting.decrementAndGet();
                    verify(arrival, false);
                });
        return true;
    }

    private void throttle(Arrival first) {
        whoCameWith(first).forEach(arrival -> settle(arrival, this::throttle));
    }

    private void throttle(Exchange exchange) {
        counters.turnedAway(EdgeCounters.Busy.TOKEN_BUDGET);
        exchange.refuse(WireError.throttled());
    }

    private void verified(Arrival first, @Nullable Verification verification) {
        for (Arrival arrival : whoCameWith(first)) {
            settle(arrival, exchange -> {
                switch (verification) {
                    case null -> exchange.refuse(WireError.internal());
                    case VerifiedToken verified -> accept(arrival, verified, EdgeCounters.Known.VERIFIED);
                    case Rejection rejection -> {
                        if (exchange.equals(first.exchange) || arrival.connection.mayMiss(System.nanoTime())) {
                            reject(exchange, rejection);
                        } else {
                            refuse(exchange, rejection); // the record has the same budget as the verifier
                        }
                    }
                }
            });
        }
    }

    /** The one whose token was verified, then those who waited for that. */
    private List<Arrival> whoCameWith(Arrival first) {
        List<Arrival> all = new ArrayList<>();
        all.add(first);
        List<Arrival> others = underWay.remove(first.token);
        if (others != null) {
            all.addAll(others);
        }
        return all;
    }

    private static void settle(Arrival arrival, Consumer<Exchange> end) {
        if (arrival.exchange.over()) {
            arrival.exchange.gone();
        } else {
            try {
                end.accept(arrival.exchange);
            } catch (RuntimeException broken) { // the others wait for theirs
                arrival.exchange.broken(broken);
            }
        }
    }

    private void reject(Exchange exchange, Rejection rejection) {
        services.refusals()
                .add(new RefusalRecord(
                        services.clock().instant(), exchange.requestId(), exchange.clientAddress(), rejection));
        refuse(exchange, rejection);
    }

    private void refuse(Exchange exchange, Rejection rejection) {
        counters.known(EdgeCounters.Known.REFUSED);
        if (rejection.reason() == RejectionReason.KEYS_STALE) {
            exchange.event().rejected(rejection.reason());
            exchange.refuse(WireError.issuerKeysStale(), EdgeLimits.KEYS_RETRY_SECONDS);
        } else {
            exchange.challenge(rejection.reason(), services.challenge());
        }
    }
}
