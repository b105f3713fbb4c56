// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.auth.token.KeySchedule;
import dev.managedhsm.auth.token.KeySource;
import dev.managedhsm.auth.token.SignatureAlgorithm;
import dev.managedhsm.auth.token.TokenIssuer;
import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.IssuerServer;
import dev.managedhsm.gateway.fixture.RunningHsm;
import dev.managedhsm.gateway.fixture.TokenDraft;
import dev.managedhsm.gateway.fixture.TrustingHsm;
import dev.managedhsm.gateway.identity.DevIssuer;
import dev.managedhsm.gateway.identity.ManagedIdentity;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway whose issuer is somebody else, on a real HTTPS server: keys that come, change, and do not come. */
@SuppressWarnings("NullAway.Init") // JUnit calls open() first
class TrustIT {
    private static final String ISSUER = "https://sts.example.org/directory/";

    private static RunningHsm dev;
    private static DevIssuer first;
    private static DevIssuer second;

    @TempDir
    private Path folder;

    @BeforeAll
    static void open() {
        dev = RunningHsm.start();
        first = new DevIssuer(DevIssuer.newKey(), ISSUER, Clock.systemUTC());
        second = new DevIssuer(DevIssuer.newKey(), ISSUER, Clock.systemUTC());
    }

    @AfterAll
    static void close() {
        dev.close();
    }

    private TrustingHsm hsm(IssuerServer server) {
        return hsm(server, KeySchedule.DEFAULT);
    }

    private TrustingHsm hsm(IssuerServer server, KeySchedule schedule) {
        TokenIssuer issuer = new TokenIssuer(
                "directory",
                UUID.fromString(dev.tenantId()),
                Set.of(ISSUER),
                Set.of(dev.audience()),
                Set.of(SignatureAlgorithm.RS256),
                new KeySource.ByDiscovery(server.url("/metadata"), dev.ca()),
                schedule,
                60);
        return TrustingHsm.start(dev, folder, List.of(issuer), dev.administratorId());
    }

    private static void publish(IssuerServer server, DevIssuer... issuers) {
        server.show(
                "/metadata",
                new JsonObject()
                        .put("issuer", ISSUER)
                        .put("jwks_uri", server.url("/keys").toString())
                        .encode());
        var keys = new JsonArray();
        for (DevIssuer issuer : issuers) {
            keys.addAll(new JsonObject(issuer.jwks()).getJsonArray("keys"));
        }
        server.show("/keys", new JsonObject().put("keys", keys).encode());
    }

    private static TokenDraft draft(DevIssuer issuer) {
        return dev.token().claim("iss", ISSUER).header("kid", issuer.kid());
    }

    private static String token(DevIssuer issuer, int number) {
        return issuer.mint(
                        new ManagedIdentity(
                                dev.tenantId(),
                                dev.administratorId(),
                                UUID.randomUUID().toString(),
                                "/x/" + number),
                        dev.audience())
                .text();
    }

    private static void await(BooleanSupplier there) {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!there.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, "it did not happen");
            Thread.onSpinWait();
        }
    }

    @Test
    void keysThatDoNotComeMakeA503AndKeysThatComeEndIt() {
        try (IssuerServer server = IssuerServer.start(dev);
                TrustingHsm hsm = hsm(server)) {
            Answer answer = hsm.get("/keys", token(first, 0));
            answer.refused(503, "ServiceUnavailable");
            assertEquals("30", answer.header("retry-after"));
            publish(server, first);
            // One failed fetch at the start, one by the first token: the next comes with the next minute's budget.
            assertTrue(server.askedMillis().size() <= 2, server.askedMillis().toString());
        }
    }

    /** An issuer that is gone is believed until the bound, a minute here, and then nobody is refused for it. */
    @Test
    @Tag("slow")
    void anOutageOfTheIssuerIsServedThroughUntilTheBound() throws Exception {
        KeySchedule minute = new KeySchedule(Duration.ofMinutes(1), Duration.ofMinutes(1), Duration.ZERO);
        try (IssuerServer server = IssuerServer.start(dev)) {
            publish(server, first);
            long begun = System.nanoTime();
            try (TrustingHsm hsm = hsm(server, minute)) {
                String cached = token(first, 0);
                hsm.get("/keys", cached).ok();
                server.hide("/metadata");
                server.hide("/keys");
                int number = 1;
                while (System.nanoTime() - begun < Duration.ofSeconds(55).toNanos()) {
                    hsm.get("/keys", cached).ok();
                    hsm.get("/keys", token(first, number++)).ok();
                    MILLISECONDS.sleep(500);
                }
                await(() -> hsm.get("/keys", cached).status() != 200);
                hsm.get("/keys", cached).refused(503, "ServiceUnavailable");
                hsm.get("/keys", token(first, number)).refused(503, "ServiceUnavailable");
                hsm.get("/keys", token(second, 0)).refused(503, "ServiceUnavailable");
            }
        }
    }

    @Test
    void aRollOverUnderLoadRefusesNoValidToken() throws Exception {
        try (IssuerServer server = IssuerServer.start(dev)) {
            publish(server, first);
            try (TrustingHsm hsm = hsm(server)) {
                hsm.get("/keys", token(first, 0)).ok();
                // No more than one connection may bring.
                List<String> before =
                        IntStream.range(0, 10).mapToObj(i -> token(first, i)).toList();
                List<String> after =
                        IntStream.range(0, 10).mapToObj(i -> token(second, i)).toList();
                List<CompletableFuture<Integer>> statuses = new ArrayList<>();
                for (int i = 0; i < 200; i++) {
                    if (i == 50) {
                        statuses.subList(0, 20).forEach(CompletableFuture::join); // each old token has been proven
                        publish(server, second); // the first one's key is gone from the set at once
                    }
                    statuses.add(hsm.status("/keys", (i >= 50 && i % 2 == 0 ? after : before).get(i / 2 % 10)));
                }
                Map<Integer, Long> counts = statuses.stream()
                        .map(CompletableFuture::join)
                        .collect(Collectors.groupingBy(status -> status, Collectors.counting()));
                assertEquals(Map.of(200, 200L), counts);
                assertEquals(4, server.askedMillis().size(), "metadata and keys, twice");
            }
        }
    }

    @Test
    void aStormOfUnknownKeysAsksTwiceAMinuteAndKeepsServing() {
        try (IssuerServer server = IssuerServer.start(dev)) {
            publish(server, first);
            try (TrustingHsm hsm = hsm(server)) {
                String good = token(first, 0);
                hsm.get("/keys", good).ok();
                String[] parts = draft(first).text().split("\\.", -1);
                List<Integer> statuses = IntStream.range(0, 40)
                        .boxed()
                        .flatMap(round -> IntStream.range(0, 25)
                                .mapToObj(i -> hsm.status("/keys", unknown(parts, round * 25 + i)))
                                .toList()
                                .stream()
                                .map(CompletableFuture::join))
                        .toList();
                assertTrue(statuses.stream().allMatch(status -> status == 401 || status == 429), statuses.toString());
                assertTrue(statuses.contains(401));
                hsm.get("/keys", good).ok();
                assertTrue(server.askedMillis().size() <= 4, "metadata and keys, twice: " + server.askedMillis());
            }
        }
    }

    private static String unknown(String[] parts, int number) {
        String header = "{\"alg\":\"RS256\",\"kid\":\"unknown-" + number + "\"}";
        return Base64.getUrlEncoder().withoutPadding().encodeToString(header.getBytes(StandardCharsets.UTF_8)) + "."
                + parts[1] + "." + parts[2];
    }

    @Test
    void refusalsCanBeLookedAtByWhoHasTheRole() {
        try (IssuerServer server = IssuerServer.start(dev)) {
            publish(server, first);
            try (TrustingHsm hsm = hsm(server)) {
                String admin = token(first, 0);
                String view = "/security/rejections";
                assertEquals(
                        "Not authorized to access Microsoft.KeyVault/managedHsm/security/read/action on /",
                        hsm.get(view, admin).refused(403, "AccessDenied"));
                JsonObject properties = new JsonObject()
                        .put(
                                "roleDefinitionId",
                                "Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/"
                                        + BuiltInRoles.SECURITY_READER.id())
                        .put("principalId", dev.administratorId());
                Answer assigned = hsm.send(hsm.request(
                                "/providers/Microsoft.Authorization/roleAssignments/" + UUID.randomUUID(), admin)
                        .header("content-type", "application/json")
                        .PUT(BodyPublishers.ofString(
                                new JsonObject().put("properties", properties).encode())));
                assertEquals(201, assigned.status());

                Instant before = Instant.now();
                Answer refused = hsm.get("/keys", token(second, 1));
                refused.refused(401, "Unauthorized");
                for (int i = 0; i < 12; i++) {
                    hsm.get("/keys", "no-token-" + i);
                }
                await(() -> hsm.get(view, admin).ok().getJsonArray("value").size() >= 13);
                JsonObject record = hsm.get(
                                view + "?reason=unknown_key&since=" + before + "&principal=" + dev.administratorId(),
                                admin)
                        .ok()
                        .getJsonArray("value")
                        .getJsonObject(0);
                assertEquals(refused.header("x-ms-request-id"), record.getString("requestId"));
                assertEquals("127.0.0.1", record.getString("address"));
                assertEquals(second.kid(), record.getString("kid"));
                assertEquals(
                        0,
                        hsm.get(view + "?since=2100-01-01T00:00:00Z", admin)
                                .ok()
                                .getJsonArray("value")
                                .size());
                for (String bad : List.of("since=yesterday", "reason=none", "principal=me", "maxresults=0")) {
                    hsm.get(view + "?" + bad, admin).refused(400, "BadParameter");
                }
                JsonObject counters = hsm.get("/Security/Counters/", admin).ok();
                assertEquals(
                        1,
                        counters.getJsonObject("refusals")
                                .getJsonObject("directory")
                                .getInteger("UNKNOWN_KEY"));
                assertTrue(counters.getJsonObject("clockSkew").containsKey("directory"));
                JsonObject alert = hsm.get("/security/alerts", admin)
                        .ok()
                        .getJsonArray("firing")
                        .getJsonObject(0);
                assertEquals("MALFORMED", alert.getString("reason"));
            }
        }
    }

    @Test
    void groupsThatWereLeftOutAreNamedInTheRefusal() {
        String stranger = UUID.randomUUID().toString();
        for (TokenDraft draft : List.of(
                dev.token().claim("hasgroups", true),
                dev.token().claim("_claim_names", new JsonObject().put("groups", "src1")))) {
            Answer answer = dev.client()
                    .send(dev.client()
                            .bare("/keys")
                            .header(
                                    "authorization",
                                    "Bearer " + draft.claim("oid", stranger).text())
                            .GET());
            String message = answer.refused(403, "AccessDenied");
            assertTrue(message.contains("does not list the caller's groups"), message);
        }
        Answer plain = dev.client()
                .send(dev.client()
                        .bare("/keys")
                        .header(
                                "authorization",
                                "Bearer "
                                        + dev.token()
                                                .claim("oid", stranger)
                                                .claim("hasgroups", false)
                                                .text())
                        .GET());
        assertFalse(plain.refused(403, "AccessDenied").contains("groups"));
    }

    @Test
    void aBoundTokenNeedsItsCertificate() {
        String token = dev.token()
                .claim("cnf", new JsonObject().put("x5t#S256", "A".repeat(43)))
                .text();
        for (int i = 0; i < 2; i++) { // the second time it is in the cache
            Answer answer = dev.client()
                    .send(dev.client()
                            .bare("/keys")
                            .header("authorization", "Bearer " + token)
                            .GET());
            answer.refused(401, "Unauthorized");
            assertTrue(answer.header("www-authenticate").endsWith("error_description=\"certificate_required\""));
        }
    }

    @Test
    void isNotReadyUntilTheKeysOfItsIssuerAreThere() throws Exception {
        try (IssuerServer server = IssuerServer.start(dev);
                TrustingHsm hsm = hsm(server)) {
            String token = token(first, 1);
            Answer waiting = hsm.get("/health/ready", token);
            assertEquals(503, waiting.status());
            assertTrue(waiting.json().getJsonArray("waitingFor").contains("token-keys"), waiting.body());
            assertTrue(
                    hsm.get("/metrics", token).body().contains("\nhsm_issuer_keys_fresh{issuer=\"directory\"} 0.0\n"));

            publish(server, first);
            hsm.get("/keys", token); // has them fetched

            await(() -> hsm.get("/health/ready", token).status() == 200);
        }
    }
}
