// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.attestation;

import dev.managedhsm.gateway.policy.Claims;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of one authority: fetched when they are needed, kept for {@link AttestationLimits#FRESH}, fetched again for an
 * unknown key id, never more often than every {@link AttestationLimits#PAUSE}. Any thread; nobody waits in here.
 *
 * <p>Whoever needs keys while they are on their way shares the one fetch. While the authority cannot be reached its last
 * keys serve, up to {@link AttestationLimits#STALE_MAX}.
 */
final class AuthorityKeys {
    private static final Logger LOG = LoggerFactory.getLogger(AuthorityKeys.class);

    private final AttestationAuthority authority;
    private final Documents documents;
    private final Executor work;
    private final InstantSource clock;

    private @Nullable AuthorityKeySet keys;
    private Instant fetched = Instant.MIN;
    private Instant tried = Instant.MIN;
    private @Nullable CompletableFuture<AuthorityKeySet> underWay;

    /**
     * @param documents fetches from the authority's host
     * @param work runs what blocks or computes
     * @param clock tells how old keys are
     */
    AuthorityKeys(AttestationAuthority authority, Documents documents, Executor work, InstantSource clock) {
        this.authority = authority;
        this.documents = documents;
        this.work = work;
        this.clock = clock;
    }

    /**
     * The keys, fetched anew if they are old or do not have this one.
     *
     * @return ends with {@link AuthorityUnreachable} if there are none to be had
     */
    synchronized CompletionStage<AuthorityKeySet> having(String kid) {
        Instant now = clock.instant();
        AuthorityKeySet known = usable(now);
        boolean fresh = fetched.isAfter(now.minus(AttestationLimits.FRESH));
        if (known != null && fresh && known.has(kid)) {
            return CompletableFuture.completedStage(known);
        }
        if (underWay == null && tried.isAfter(now.minus(AttestationLimits.PAUSE))) {
            return known != null
                    ? CompletableFuture.completedStage(known)
                    : CompletableFuture.failedStage(new AuthorityUnreachable("it was tried a moment ago"));
        }
        return underWay == null ? begin(now) : underWay;
    }

    private @Nullable AuthorityKeySet usable(Instant now) {
        return fetched.isAfter(now.minus(AttestationLimits.STALE_MAX)) ? keys : null;
    }

    private CompletionStage<AuthorityKeySet> begin(Instant now) {
        tried = now;
        CompletableFuture<AuthorityKeySet> answer = new CompletableFuture<>();
        underWay = answer;
        try {
            fetch().whenComplete((@Nullable AuthorityKeySet found, @Nullable Throwable failure) ->
                    end(answer, found, failure));
        } catch (RuntimeException clientClosed) {
            end(answer, null, clientClosed);
        }
        return answer;
    }

    private void end(
            CompletableFuture<AuthorityKeySet> answer, @Nullable AuthorityKeySet found, @Nullable Throwable failure) {
        AuthorityKeySet serves = found;
        synchronized (this) {
            underWay = null;
            if (found != null) {
                keys = found;
                fetched = clock.instant();
            } else {
                serves = usable(clock.instant());
            }
        }
        if (failure != null) {
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            LOG.warn("the keys of attestation authority {} cannot be had: {}", authority.issuer(), cause.getMessage());
        }
        if (serves != null) {
            answer.complete(serves);
        } else {
            answer.completeExceptionally(new AuthorityUnreachable("its keys cannot be had"));
        }
    }

    private CompletionStage<AuthorityKeySet> fetch() {
        Path file = authority.keyFile();
        CompletionStage<byte[]> json = file == null
                ? documents
                        .fetch(authority.metadata())
                        .thenApplyAsync(this::keyAddress, work)
                        .thenCompose(documents::fetch)
                : CompletableFuture.completedStage(file).thenApplyAsync(AuthorityKeys::read, work);
        return json.thenApplyAsync(AuthorityKeySet::read, work);
    }

    private static byte[] read(Path file) {
        try {
            if (Files.size(file) > AttestationLimits.DOCUMENT_LENGTH_MAX) {
                throw new AuthorityUnreachable(file + " is too long");
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new AuthorityUnreachable(file + " cannot be read");
        }
    }

    /** From the metadata (OpenID Connect Discovery 1.0 section 3), on the issuer's own host only. */
    private URI keyAddress(byte[] metadata) {
        Claims claims = Claims.read(metadata);
        String issuer = claims == null ? null : claims.text("issuer");
        String address = claims == null ? null : claims.text("jwks_uri");
        if (issuer == null || address == null) {
            throw new AuthorityUnreachable("its metadata lacks issuer or jwks_uri");
        }
        if (!unslashed(issuer).equals(unslashed(authority.issuer()))) {
            throw new AuthorityUnreachable("its metadata names another issuer");
        }
        try {
            URI uri = new URI(address);
            if (authority.sameOrigin(uri)) {
                return uri;
            }
        } catch (URISyntaxException e) {
            // The same refusal.
        }
        throw new AuthorityUnreachable("its jwks_uri is not on the issuer's own host");
    }

    private static String unslashed(String url) {
        return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    }
}
