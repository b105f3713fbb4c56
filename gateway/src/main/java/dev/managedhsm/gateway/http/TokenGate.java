// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import dev.managedhsm.auth.token.BearerHeader;
import dev.managedhsm.auth.token.Challenge;
import dev.managedhsm.auth.token.Rejection;
import dev.managedhsm.auth.token.RejectionReason;
import dev.managedhsm.auth.token.TokenCache;
import dev.managedhsm.auth.token.TokenVerifier;
import dev.managedhsm.auth.token.Verification;
import dev.managedhsm.auth.token.VerifiedToken;
import dev.managedhsm.gateway.wire.WireError;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
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
 * </pre>
 *
 * One per event loop, used by its thread only; the cache and the verifier behind it are shared.
 */
final class TokenGate {
    private static final Logger LOG = LoggerFactory.getLogger(TokenGate.class);

    private static final String SCHEME = "Bearer ";

    private final TokenVerifier verifier;
    private final TokenCache cache;
    private final Challenge challenge;
    private final Executor verification;
    private final Executor loop;
    private final InstantSource clock;

    /**
     * @param verifier what verifies
     * @param cache tokens verified by any event loop
     * @param challenge what an unproven caller is told
     * @param verification runs verifications; refuses when its queue is full
     * @param loop runs tasks on the owning event loop
     * @param clock wall clock
     */
    TokenGate(
            TokenVerifier verifier,
            TokenCache cache,
            Challenge challenge,
            Executor verification,
            Executor loop,
            InstantSource clock) {
        this.verifier = verifier;
        this.cache = cache;
        this.challenge = challenge;
        this.verification = verification;
        this.loop = loop;
        this.clock = clock;
    }

    /** Whether a header could bring a token at all, told without taking it apart. */
    static boolean mayProve(@Nullable String header) {
        return header != null && header.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
    }

    void authenticate(Exchange exchange, Connection connection, Consumer<VerifiedToken> action) {
        String header = exchange.request().getHeader("authorization");
        if (header == null) {
            exchange.challenge(RejectionReason.MISSING, challenge);
            return;
        }
        long nowSeconds = clock.millis() / 1000;
        VerifiedToken known = connection.token(header);
        if (known != null && known.usableAt(nowSeconds)) {
            action.accept(known);
            return;
        }
        String token = BearerHeader.token(header);
        if (token == null) {
            if (connection.mayMiss(System.nanoTime())) { // the log has the same budget as the verifier
                reject(exchange, RejectionReason.NOT_BEARER, null);
            } else {
                exchange.challenge(RejectionReason.NOT_BEARER, challenge);
            }
            return;
        }
        known = cache.find(token, nowSeconds);
        if (known != null) {
            connection.remember(header, known);
            action.accept(known);
        } else if (connection.mayMiss(System.nanoTime())) {
            verify(exchange, connection, header, token, action);
        } else {
            exchange.refuse(WireError.throttled());
        }
    }

    private void verify(
            Exchange exchange, Connection connection, String header, String token, Consumer<VerifiedToken> action) {
        try {
            verification.execute(() -> {
                Verification verification = verify(token);
                loop.execute(() -> verified(exchange, connection, header, verification, action));
            });
        } catch (RejectedExecutionException full) {
            exchange.refuse(WireError.throttled());
        }
    }

    /** Off the event loop; null if the verifier broke. */
    private @Nullable Verification verify(String token) {
        try {
            Verification verification = verifier.verify(token);
            if (verification instanceof VerifiedToken verified) {
                cache.keep(token, verified);
            }
            return verification;
        } catch (RuntimeException broken) {
            LOG.error("a token could not be verified", broken);
            return null;
        }
    }

    private void verified(
            Exchange exchange,
            Connection connection,
            String header,
            @Nullable Verification verification,
            Consumer<VerifiedToken> action) {
        if (exchange.over()) {
            exchange.close();
            return;
        }
        switch (verification) {
            case null -> exchange.refuse(WireError.internal());
            case VerifiedToken verified -> {
                connection.remember(header, verified);
                action.accept(verified);
            }
            case Rejection rejection -> reject(exchange, rejection.reason(), rejection);
        }
    }

    private void reject(Exchange exchange, RejectionReason reason, @Nullable Rejection rejection) {
        LOG.info(
                "token refused: {} from {} request {}{}",
                reason,
                exchange.clientAddress(),
                exchange.requestId(),
                rejection == null ? "" : " " + rejection);
        exchange.challenge(reason, challenge);
    }
}
