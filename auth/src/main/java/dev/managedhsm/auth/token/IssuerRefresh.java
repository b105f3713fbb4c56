// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one issuer's keys fresh. Its own lock guards the flight and the times; keys are taken on the executor only.
 *
 * <p>Always holds: at most one flight is in progress, and of {@link KeyRefresh#FETCHES_PER_MINUTE_MAX} + 1 flights in a
 * row the last begins a minute after the first at the earliest. After a failure the schedule asks again once a minute,
 * which leaves one fetch of each minute to unknown keys.
 */
final class IssuerRefresh {
    /** How long a fetch, with its metadata if there is any, may take. */
    static final int FLIGHT_SECONDS_MAX = 15;

    private static final long MINUTE_MILLIS = 60_000;
    private static final long FILE_MILLIS = 5_000;
    private static final long NEVER = Long.MIN_VALUE;

    private final TrustedKeys keys;
    private final KeyFetch fetch;
    private final Executor work;
    private final InstantSource clock;
    private final KeyRefresh.Witness witness;

    /** When the latest flights began, the oldest first. */
    private final long[] beganMillis = {NEVER, NEVER};

    private @Nullable CompletableFuture<Void> flight;
    private long dueMillis = NEVER;
    private long fetches;
    private @Nullable String failure;

    IssuerRefresh(TrustedKeys keys, KeyFetch fetch, Executor work, InstantSource clock, KeyRefresh.Witness witness) {
        this.keys = keys;
        this.fetch = fetch;
        this.work = work;
        this.clock = clock;
        this.witness = witness;
    }

    String name() {
        return keys.issuer().name();
    }

    synchronized KeyRefresh.State state() {
        long nowSeconds = clock.instant().getEpochSecond();
        return new KeyRefresh.State(name(), keys.freshUntilSeconds(), keys.kids(nowSeconds), fetches, failure);
    }

    synchronized void tick() {
        long nowMillis = clock.millis();
        boolean longTimeAhead =
                dueMillis - nowMillis > keys.issuer().schedule().refreshEvery().toMillis();
        if (flight != null || (dueMillis > nowMillis && !longTimeAhead)) { // far ahead: the clock was set back
            return;
        }
        switch (keys.issuer().keys()) {
            case KeySource.Fixed fixed -> dueMillis = Long.MAX_VALUE;
            case KeySource.InFile(Path file) -> begin(CompletableFuture.supplyAsync(() -> textOf(file), work));
            case KeySource.AtUrl url -> beginFetch();
            case KeySource.ByDiscovery url -> beginFetch();
        }
    }

    /** A file is looked at every few seconds anyway; an unknown key does not make that more often. */
    synchronized @Nullable CompletableFuture<Void> wanted() {
        boolean remote = keys.issuer().keys() instanceof KeySource.AtUrl
                || keys.issuer().keys() instanceof KeySource.ByDiscovery;
        if (flight == null && remote) {
            beginFetch();
        }
        return flight;
    }

    private void beginFetch() {
        long nowMillis = clock.millis();
        long oldest = beganMillis[0];
        if (oldest != NEVER && nowMillis >= oldest && nowMillis - oldest < MINUTE_MILLIS) {
            return;
        }
        beganMillis[0] = beganMillis[1];
        beganMillis[1] = nowMillis;
        begin(
                switch (keys.issuer().keys()) {
                    case KeySource.AtUrl(URI url, var trust) -> fetch.fetch(url, trust);
                    case KeySource.ByDiscovery(URI url, var trust) ->
                        fetch.fetch(url, trust).thenCompose(metadata -> fetch.fetch(keysUrl(metadata), trust));
                    default -> throw new IllegalStateException("only what is behind a URL is fetched");
                });
    }

    private void begin(CompletionStage<String> text) {
        CompletableFuture<Void> begun = new CompletableFuture<>();
        flight = begun;
        fetches++;
        text.toCompletableFuture()
                .copy()
                .orTimeout(FLIGHT_SECONDS_MAX, TimeUnit.SECONDS)
                .whenCompleteAsync((jwks, broken) -> end(begun, jwks, broken), work)
                .exceptionally(
                        refused -> { // the executor is shut down
                            begun.complete(null);
                            return null;
                        });
    }

    /** On the executor. */
    private void end(CompletableFuture<Void> ended, @Nullable String jwks, @Nullable Throwable broken) {
        String why = broken == null && jwks != null ? taken(jwks) : phrase(broken);
        synchronized (this) {
            failure = why;
            flight = null;
            boolean file = keys.issuer().keys() instanceof KeySource.InFile;
            long pauseMillis = file
                    ? FILE_MILLIS
                    : why == null ? keys.issuer().schedule().refreshEvery().toMillis() : MINUTE_MILLIS;
            dueMillis = clock.millis() + pauseMillis;
        }
        witness.ended(name(), why);
        ended.complete(null);
    }

    private @Nullable String taken(String jwks) {
        try {
            keys.take(jwks, clock.instant().getEpochSecond());
            return null;
        } catch (IllegalArgumentException unusable) {
            return unusable.getMessage();
        }
    }

    private String phrase(@Nullable Throwable broken) {
        Throwable cause =
                broken instanceof CompletionException && broken.getCause() != null ? broken.getCause() : broken;
        String message = cause == null ? null : cause.getMessage();
        return "The keys of token issuer " + name() + " could not be fetched: "
                + (message == null || message.isEmpty() ? "no answer in time" : message) + ".";
    }

    /** OpenID Connect Discovery 1.0 section 4.3: metadata of another issuer is not ours, wherever it lies. */
    private URI keysUrl(String metadata) {
        Members members = Members.read(metadata);
        String issuer = members == null ? null : members.text("issuer");
        String text = members == null ? null : members.text("jwks_uri");
        if (issuer == null || text == null) {
            throw new CompletionException(new IOException("the metadata names no issuer or no jwks_uri"));
        }
        if (!keys.issuer().issuerUrls().contains(issuer)) {
            throw new CompletionException(new IOException("the metadata is another issuer's"));
        }
        try {
            URI url = new URI(text);
            if (KeySource.safe(url)) {
                return url;
            }
        } catch (URISyntaxException e) {
            // said below
        }
        throw new CompletionException(new IOException("the metadata's jwks_uri is no https URL"));
    }

    private static String textOf(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(KeyFetch.LENGTH_MAX + 1);
            if (bytes.length > KeyFetch.LENGTH_MAX) {
                throw new IOException("the file " + file + " is longer than " + KeyFetch.LENGTH_MAX + " bytes");
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new CompletionException(new IOException("the file " + file + " is not UTF-8"));
        } catch (IOException e) {
            throw new CompletionException(new IOException("the file " + file + " cannot be read: " + e.getMessage()));
        }
    }
}
