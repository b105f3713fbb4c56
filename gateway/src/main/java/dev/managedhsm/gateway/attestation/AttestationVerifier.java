// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.attestation;

import dev.managedhsm.gateway.attestation.Attestation.Rejected;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether an attestation token is the word of an authority that this HSM knows. Any thread may ask; nobody waits
 * in here.
 *
 * <p>Always holds: the {@code iss} of a token chooses among the configured authorities, its {@code kid} among the keys of
 * that authority, its {@code alg} must be of the list and fit that key. Nothing in a token can bring or fetch a key. The
 * claims come from the very bytes that were signed.
 */
public final class AttestationVerifier implements AutoCloseable {
    private final Map<String, AuthorityKeys> keys = new HashMap<>();
    private final List<Documents> clients = new ArrayList<>();
    private final Executor work;
    private final InstantSource clock;

    /**
     * @param vertx makes the clients that fetch keys
     * @param authorities who is believed; may be none
     * @param work runs signature checks; may refuse with {@link java.util.concurrent.RejectedExecutionException}
     * @param clock tells the time for {@code exp} and {@code nbf}
     */
    public AttestationVerifier(
            Vertx vertx, List<AttestationAuthority> authorities, Executor work, InstantSource clock) {
        this.work = work;
        this.clock = clock;
        for (AttestationAuthority authority : authorities) {
            Documents documents = new Documents(vertx, authority);
            clients.add(documents);
            if (keys.put(authority.issuer(), new AuthorityKeys(authority, documents, work, clock)) != null) {
                throw new IllegalArgumentException(
                        "The attestation authority " + authority.issuer() + " is configured twice; remove one.");
            }
        }
    }

    /**
     * Verifies a token.
     *
     * @param text in compact form
     * @param believed which issuers count here, besides being configured
     * @return what became of it; ends on the executor's threads, or exceptionally if the executor refused
     */
    public CompletionStage<Attestation> verify(String text, Predicate<String> believed) {
        AttestationToken token = AttestationToken.parse(text);
        String kid = token == null ? null : token.header().text("kid");
        String algorithmName = token == null ? null : token.header().text("alg");
        String issuer = token == null ? null : token.claims().text("iss");
        if (token == null || kid == null || algorithmName == null || issuer == null) {
            return CompletableFuture.completedStage(Rejected.MALFORMED);
        }
        JwsAlgorithm algorithm = JwsAlgorithm.parse(algorithmName);
        if (algorithm == null) {
            return CompletableFuture.completedStage(Rejected.ALGORITHM_NOT_ALLOWED);
        }
        AuthorityKeys authority = believed.test(issuer) ? keys.get(issuer) : null;
        if (authority == null) {
            return CompletableFuture.completedStage(Rejected.UNKNOWN_AUTHORITY);
        }
        return authority
                .having(kid)
                .handle((@Nullable AuthorityKeySet found, @Nullable Throwable unreachable) -> found)
                .thenApplyAsync(found -> verified(token, issuer, kid, algorithm, found), work);
    }

    private Attestation verified(
            AttestationToken token,
            String issuer,
            String kid,
            JwsAlgorithm algorithm,
            @Nullable AuthorityKeySet found) {
        if (found == null) {
            return Rejected.AUTHORITY_UNREACHABLE;
        }
        if (!found.has(kid)) {
            return Rejected.UNKNOWN_KEY;
        }
        if (!found.verified(kid, algorithm, token.signed(), token.signature())) {
            return Rejected.BAD_SIGNATURE;
        }
        long nowSeconds = clock.instant().getEpochSecond();
        long skewSeconds = AttestationLimits.CLOCK_SKEW_SECONDS_MAX;
        Long expires = token.claims().seconds("exp");
        Long notBefore = token.claims().seconds("nbf");
        if (expires == null || (notBefore == null && token.claims().has("nbf"))) {
            return Rejected.MALFORMED;
        }
        if (nowSeconds >= expires + skewSeconds) {
            return Rejected.EXPIRED;
        }
        if (notBefore != null && nowSeconds < notBefore - skewSeconds) {
            return Rejected.NOT_YET_VALID;
        }
        return new Attestation.Proven(issuer, token.claims());
    }

    /** Ends the clients; nothing is fetched any more. */
    @Override
    public void close() {
        clients.forEach(Documents::close);
    }
}
