// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import dev.managedhsm.auth.token.BearerHeader;
import dev.managedhsm.auth.token.Rejection;
import dev.managedhsm.auth.token.RejectionReason;
import dev.managedhsm.auth.token.Verification;
import dev.managedhsm.auth.token.VerifiedToken;
import dev.managedhsm.gateway.refusal.RefusalRecord;
import dev.managedhsm.gateway.wire.WireError;
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
 * One per event loop, used by its thread only; the cache, the verifier and the record of refusals behind it are shared.
 */
final class TokenGate {
    private static final Logger LOG = LoggerFactory.getLogger(TokenGate.class);

    private static final String SCHEME = "Bearer ";

    private final EdgeServices services;
    private final Executor loop;

    /** Callers whose token waits for its issuer's keys; counted up by any verification thread. */
    private final AtomicInteger waiting = new AtomicInteger();

    /** A token on its way: who brought it, and what happens when it is good. */
    private record Arrival(
            Exchange exchange, Connection connection, String header, String token, Consumer<VerifiedToken> action) {}

    /**
     * @param services what verifies, remembers and answers
     * @param loop runs tasks on the owning event loop
     */
    TokenGate(EdgeServices services, Executor loop) {
        this.services = services;
        this.loop = loop;
    }

    /** Whether a header could bring a token at all, told without taking it apart. */
    static boolean mayProve(@Nullable String header) {
        return header != null && header.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
    }

    void authenticate(Exchange exchange, Connection connection, Consumer<VerifiedToken> action) {
        String header = exchange.request().getHeader("authorization");
        if (header == null) {
            exchange.challenge(RejectionReason.MISSING, services.challenge());
            return;
        }
        long nowSeconds = services.clock().millis() / 1000;
        VerifiedToken known = connection.token(header);
        if (known != null && known.usableAt(nowSeconds)) {
            action.accept(known);
            return;
        }
        String token = BearerHeader.token(header);
        if (token == null) {
            if (connection.mayMiss(System.nanoTime())) { // the record has the same budget as the verifier
                reject(exchange, Rejection.NOT_BEARER);
            } else {
                exchange.challenge(RejectionReason.NOT_BEARER, services.challenge());
            }
            return;
        }
        Arrival arrival = new Arrival(exchange, connection, header, token, action);
        known = services.cache().find(token, nowSeconds);
        if (known != null && !known.bound()) {
            accept(arrival, known);
        } else if (!connection.mayMiss(System.nanoTime())) {
            exchange.refuse(WireError.throttled());
        } else if (known != null) {
            accept(arrival, known);
        } else {
            verify(arrival, true);
        }
    }

    /** Remembered by the connection only after its certificate was looked at, which stays the same. */
    private void accept(Arrival arrival, VerifiedToken verified) {
        Rejection rejection = verified.bound() ? verified.refusedOn(arrival.connection.certificateThumbprint()) : null;
        if (rejection != null) {
            reject(arrival.exchange, rejection);
            return;
        }
        arrival.connection.remember(arrival.header, verified);
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
        } catch (RuntimeException broken) {
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

    private static void throttle(Arrival arrival) {
        if (arrival.exchange.over()) {
            arrival.exchange.close();
        } else {
            arrival.exchange.refuse(WireError.throttled());
        }
    }

    private void verified(Arrival arrival, @Nullable Verification verification) {
        Exchange exchange = arrival.exchange;
        if (exchange.over()) {
            exchange.close();
            return;
        }
        switch (verification) {
            case null -> exchange.refuse(WireError.internal());
            case VerifiedToken verified -> accept(arrival, verified);
            case Rejection rejection -> reject(exchange, rejection);
        }
    }

    private void reject(Exchange exchange, Rejection rejection) {
        services.refusals()
                .add(new RefusalRecord(
                        services.clock().instant(), exchange.requestId(), exchange.clientAddress(), rejection));
        if (rejection.reason() == RejectionReason.KEYS_STALE) {
            exchange.refuse(WireError.issuerKeysStale(), EdgeLimits.KEYS_RETRY_SECONDS);
        } else {
            exchange.challenge(rejection.reason(), services.challenge());
        }
    }
}
