// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.token.KeySchedule;
import dev.managedhsm.auth.token.KeySource;
import dev.managedhsm.auth.token.SignatureAlgorithm;
import dev.managedhsm.auth.token.TokenIssuer;
import dev.managedhsm.gateway.fixture.IssuerServer;
import dev.managedhsm.gateway.fixture.RunningHsm;
import dev.managedhsm.gateway.fixture.TrustingHsm;
import dev.managedhsm.gateway.identity.DevIssuer;
import dev.managedhsm.gateway.identity.ManagedIdentity;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ten thousand tokens with keys that nobody knows, over many connections, while somebody with a good token goes on working.
 * His latencies are measured from the time at which each request was due: alone, beside as many good requests of others, and
 * beside the storm. One machine does all of this, so the storm is compared with the good requests: what it adds to their
 * cost is what tokens with unknown keys cost.
 */
@Tag("slow")
class TokenStormIT {
    private static final Logger LOG = LoggerFactory.getLogger(TokenStormIT.class);
    private static final String ISSUER = "https://sts.example.org/directory/";
    private static final int STORM = 10_000;
    private static final int STORM_CONNECTIONS = 20;
    private static final int STORM_SECONDS = 6;
    private static final int ALONE_SECONDS = 2;
    private static final int ROUNDS_MAX = 3;
    private static final int GOOD_PER_SECOND = 100;

    /** Fewer than a connection has streams: after a pause all that was due comes at once. */
    private static final int UNDER_WAY_MAX = 200;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Test
    void tenThousandUnknownKeysDisturbNobody() throws Exception {
        try (RunningHsm dev = RunningHsm.start();
                IssuerServer server = IssuerServer.start(dev)) {
            DevIssuer issuer = new DevIssuer(DevIssuer.newKey(), ISSUER, Clock.systemUTC());
            server.show("/keys", issuer.jwks());
            TokenIssuer trusted = new TokenIssuer(
                    "directory",
                    UUID.fromString(dev.tenantId()),
                    Set.of(ISSUER),
                    Set.of(dev.audience()),
                    Set.of(SignatureAlgorithm.RS256),
                    new KeySource.AtUrl(server.url("/keys"), dev.ca()),
                    KeySchedule.DEFAULT,
                    60);
            try (TrustingHsm hsm = TrustingHsm.start(dev, folder, List.of(trusted), dev.administratorId())) {
                String good = issuer.mint(
                                new ManagedIdentity(
                                        dev.tenantId(),
                                        dev.administratorId(),
                                        UUID.randomUUID().toString(),
                                        "/x"),
                                dev.audience())
                        .text();
                String[] parts = good.split("\\.", -1);
                HttpClient client = connected(dev, hsm);
                good(client, hsm, good, ALONE_SECONDS); // warm
                long begunMillis = System.currentTimeMillis();
                boolean undisturbed = false;
                for (int round = 0; round < ROUNDS_MAX && !undisturbed; round++) {
                    Histogram alone = good(client, hsm, good, ALONE_SECONDS);
                    Map<Integer, Integer> statuses = new ConcurrentHashMap<>();
                    Histogram busy = goodBeside(client, dev, hsm, good, number -> good, statuses);
                    assertEquals(Set.of(200), statuses.keySet());
                    statuses.clear();
                    int from = round * STORM;
                    Histogram stormy =
                            goodBeside(client, dev, hsm, good, number -> unknown(parts, from + number), statuses);
                    LOG.info(
                            "good callers alone: {}; beside {} good requests: {}; beside a storm {}: {}",
                            text(alone),
                            STORM,
                            text(busy),
                            statuses,
                            text(stormy));
                    assertEquals(Set.of(401, 429), statuses.keySet(), "nobody of the storm got in");
                    assertEquals(
                            STORM,
                            statuses.values().stream()
                                    .mapToInt(Integer::intValue)
                                    .sum());
                    assertTrue(statuses.getOrDefault(401, 0) >= STORM_CONNECTIONS * 32, statuses.toString());
                    undisturbed = stormy.getValueAtPercentile(99) < 2 * busy.getValueAtPercentile(99);
                }
                long minutes = 1 + (System.currentTimeMillis() - begunMillis) / 60_000;
                assertTrue(server.askedMillis().size() <= 2 * minutes, "fetches of keys: " + server.askedMillis());
                client.shutdownNow();
                assertTrue(undisturbed, "good callers waited twice as long, in each round");
            }
        }
    }

    /** A good token's claims and signature under a header that names another key. */
    private static String unknown(String[] parts, int number) {
        String header = "{\"alg\":\"RS256\",\"kid\":\"unknown-" + number + "\"}";
        return Base64.getUrlEncoder().withoutPadding().encodeToString(header.getBytes(StandardCharsets.UTF_8)) + "."
                + parts[1] + "." + parts[2];
    }

    /** Good requests while others come beside them. */
    private static Histogram goodBeside(
            HttpClient client,
            RunningHsm dev,
            TrustingHsm hsm,
            String good,
            IntFunction<String> others,
            Map<Integer, Integer> statuses)
            throws Exception {
        // A thread of its own: the clients' answers are handed on by the common pool.
        try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
            Future<?> storm = thread.submit(() -> storm(dev, hsm, others, statuses));
            Histogram micros = good(client, hsm, good, STORM_SECONDS);
            storm.get(60, TimeUnit.SECONDS);
            return micros;
        }
    }

    /** Tokens at a steady rate over connections of their own; counts how they were answered. */
    private static void storm(
            RunningHsm dev, TrustingHsm hsm, IntFunction<String> tokens, Map<Integer, Integer> statuses) {
        List<HttpClient> clients = new ArrayList<>();
        List<Semaphore> rooms = new ArrayList<>();
        for (int i = 0; i < STORM_CONNECTIONS; i++) {
            clients.add(connected(dev, hsm));
            rooms.add(new Semaphore(UNDER_WAY_MAX));
        }
        long startNanos = System.nanoTime();
        List<CompletableFuture<Void>> answers = new ArrayList<>();
        for (int i = 0; i < STORM; i++) {
            waitUntil(startNanos + i * (TimeUnit.SECONDS.toNanos(STORM_SECONDS) / STORM));
            Semaphore room = rooms.get(i % STORM_CONNECTIONS);
            room.acquireUninterruptibly();
            answers.add(clients.get(i % STORM_CONNECTIONS)
                    .sendAsync(hsm.request("/keys", tokens.apply(i)).GET().build(), BodyHandlers.discarding())
                    .whenComplete((answer, failure) -> room.release())
                    .thenAccept(answer -> statuses.merge(answer.statusCode(), 1, Integer::sum)));
        }
        answers.forEach(CompletableFuture::join);
        clients.forEach(HttpClient::shutdownNow);
    }

    private static String text(Histogram micros) {
        return "p50 " + micros.getValueAtPercentile(50) + " us, p99 " + micros.getValueAtPercentile(99) + " us, max "
                + micros.getMaxValue() + " us, n " + micros.getTotalCount();
    }

    /** Good requests at a steady rate, whatever becomes of those before; each must succeed. */
    private static Histogram good(HttpClient client, TrustingHsm hsm, String token, int seconds) {
        Histogram micros = new Histogram(TimeUnit.MINUTES.toMicros(1), 3);
        long startNanos = System.nanoTime();
        long gapNanos = TimeUnit.SECONDS.toNanos(1) / GOOD_PER_SECOND;
        List<CompletableFuture<Void>> answers = new ArrayList<>();
        HttpRequest request = hsm.request("/keys", token).GET().build();
        Semaphore room = new Semaphore(UNDER_WAY_MAX);
        for (long i = 0; i < (long) seconds * GOOD_PER_SECOND; i++) {
            long dueNanos = startNanos + i * gapNanos;
            waitUntil(dueNanos);
            room.acquireUninterruptibly();
            answers.add(client.sendAsync(request, BodyHandlers.discarding())
                    .whenComplete((answer, failure) -> room.release())
                    .thenAccept(answer -> {
                        assertEquals(200, answer.statusCode());
                        synchronized (micros) {
                            micros.recordValue((System.nanoTime() - dueNanos) / 1000);
                        }
                    }));
        }
        answers.forEach(CompletableFuture::join);
        return micros;
    }

    /** A client that has its one connection: before, it would open one for each request that comes meanwhile. */
    private static HttpClient connected(RunningHsm dev, TrustingHsm hsm) {
        HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .sslContext(dev.trust())
                .build();
        client.sendAsync(hsm.request("/none", "none").GET().build(), BodyHandlers.discarding())
                .join();
        return client;
    }

    private static void waitUntil(long nanos) {
        while (System.nanoTime() < nanos) {
            LockSupport.parkNanos(nanos - System.nanoTime());
        }
    }
}
