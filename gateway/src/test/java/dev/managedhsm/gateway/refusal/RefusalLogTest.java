// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.refusal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.token.Rejection;
import dev.managedhsm.auth.token.RejectionReason;
import dev.managedhsm.auth.token.SignatureAlgorithm;
import dev.managedhsm.auth.token.TokenIssuer;
import dev.managedhsm.auth.token.TokenVerifier;
import dev.managedhsm.auth.token.VerifiedToken;
import dev.managedhsm.gateway.identity.DevIssuer;
import dev.managedhsm.gateway.identity.ManagedIdentity;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Records of real refusals by the real verifier; time stands still unless a test moves it. */
class RefusalLogTest {
    private static final UUID TENANT = UUID.randomUUID();
    private static final String CALLER = UUID.randomUUID().toString();
    private static final String AUDIENCE = "https://hsm.example";
    private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private final AtomicLong nowMillis = new AtomicLong(START.toEpochMilli());
    private final DevIssuer issuer =
            new DevIssuer(DevIssuer.newKey(), "https://issuer.example/", Clock.fixed(START, ZoneOffset.UTC));
    private final TokenVerifier verifier = new TokenVerifier(
            TENANT,
            List.of(new TokenIssuer(
                    "directory",
                    TENANT,
                    Set.of(issuer.url()),
                    Set.of(AUDIENCE),
                    Set.of(SignatureAlgorithm.RS256),
                    issuer.jwks())),
            this::now);

    private Instant now() {
        return Instant.ofEpochMilli(nowMillis.get());
    }

    private String token(String audience) {
        ManagedIdentity identity =
                new ManagedIdentity(TENANT.toString(), CALLER, UUID.randomUUID().toString(), "/subscriptions/1");
        return issuer.mint(identity, audience).text();
    }

    private Rejection rejection(String audience) {
        return assertInstanceOf(Rejection.class, verifier.verify(token(audience)));
    }

    private RefusalRecord refusal(String requestId, String address, Rejection rejection) {
        return new RefusalRecord(now(), requestId, address, rejection);
    }

    private RefusalConfig config(long fileBytesMax, int filesMax) {
        return new RefusalConfig(folder, fileBytesMax, filesMax, 128 * 1024, AlertRule.USUAL);
    }

    private RefusalLog open() throws IOException {
        return RefusalLog.open(config(1 << 20, 4), this::now);
    }

    private static List<String> all(RefusalLog log) {
        return log.find(new RefusalQuery(0, null, null, RefusalQuery.LINES_MAX));
    }

    private List<String> lines() throws IOException {
        return Files.readAllLines(folder.resolve(RefusalFiles.NAME));
    }

    @Test
    void recordsEverythingButTheToken() throws IOException {
        Rejection rejection = rejection("https://other.example");
        try (RefusalLog log = open()) {
            log.add(refusal("request-1", "192.0.2.1", rejection));
        }
        JsonObject json = new JsonObject(lines().getFirst());
        assertEquals("2030-01-01T00:00:00Z", json.getString("time"));
        assertEquals("request-1", json.getString("requestId"));
        assertEquals("192.0.2.1", json.getString("address"));
        assertEquals("WRONG_AUDIENCE", json.getString("reason"));
        assertEquals(true, json.getBoolean("proven"));
        assertEquals("directory", json.getString("issuerName"));
        assertEquals(issuer.url(), json.getString("issuer"));
        assertEquals(issuer.kid(), json.getString("kid"));
        assertEquals("RS256", json.getString("algorithm"));
        assertEquals(new JsonArray(List.of("https://other.example")), json.getJsonArray("audiences"));
        assertEquals(CALLER, json.getString("objectId"));
        JsonArray claims = json.getJsonArray("claims");
        assertEquals("BAD", verdict(claims, "aud"));
        for (String good : List.of("alg", "kid", "signature", "iss", "tid", "oid", "exp", "nbf", "iat", "groups")) {
            assertEquals("GOOD", verdict(claims, good), good);
        }
    }

    private static String verdict(JsonArray claims, String name) {
        return claims.stream()
                .map(JsonObject.class::cast)
                .filter(claim -> claim.getString("name").equals(name))
                .findFirst()
                .orElseThrow()
                .getString("verdict");
    }

    @Test
    void whatACallerWritesStaysOneBoundedLine() throws IOException {
        String evil = "x\n{\"reason\":\"MISSING\"}\u001b[2J\u2028" + "y".repeat(5000);
        try (RefusalLog log = open()) {
            log.add(refusal("r", "a", rejection(evil)));
        }
        assertEquals(1, lines().size());
        String line = lines().getFirst();
        assertTrue(line.length() < 4096, "length " + line.length());
        assertTrue(line.chars().allMatch(c -> c >= 0x20 && c < 0x7f));
        assertEquals("WRONG_AUDIENCE", new JsonObject(line).getString("reason"));
    }

    @Test
    void isAskedByTimeReasonAndPrincipal() throws IOException {
        try (RefusalLog log = open()) {
            log.add(refusal("first", "a", rejection("https://other.example")));
            nowMillis.addAndGet(10_000);
            log.add(refusal("second", "a", Rejection.NOT_BEARER));
            await(() -> all(log).size() == 2);
            assertTrue(all(log).getFirst().contains("second"), "newest first");
            long since = nowMillis.get();
            assertEquals(1, log.find(new RefusalQuery(since, null, null, 10)).size());
            assertEquals(
                    2,
                    log.find(new RefusalQuery(since - 10_000, null, null, 10)).size());
            assertEquals(
                    1, log.find(new RefusalQuery(0, "NOT_BEARER", null, 10)).size());
            assertEquals(1, log.find(new RefusalQuery(0, null, CALLER, 10)).size());
            assertEquals(
                    0, log.find(new RefusalQuery(0, "NOT_BEARER", CALLER, 10)).size());
            assertEquals(1, log.find(new RefusalQuery(0, null, null, 1)).size());
        }
    }

    private static void await(BooleanSupplier there) {
        long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (!there.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, "the record did not come");
            Thread.onSpinWait();
        }
    }

    @Test
    void remembersAcrossARestartAndACutLine() throws IOException {
        try (RefusalLog log = open()) {
            log.add(refusal("before", "a", Rejection.NOT_BEARER));
        }
        Files.writeString(folder.resolve(RefusalFiles.NAME), "{\"time\":\"2030-", StandardOpenOption.APPEND);
        try (RefusalLog log = open()) {
            assertEquals(1, all(log).size());
            log.add(refusal("after", "a", Rejection.NOT_BEARER));
        }
        try (RefusalLog log = open()) {
            assertEquals(2, all(log).size());
            assertTrue(all(log).getFirst().contains("after"));
        }
    }

    @Test
    void filesAreBoundedInNumberAndLength() throws IOException {
        try (RefusalLog log = RefusalLog.open(config(RefusalConfig.FILE_BYTES_MIN, 3), this::now)) {
            for (int i = 0; i < 3000; i++) {
                int expected = i + 1;
                log.add(refusal("request " + i, "a", Rejection.NOT_BEARER));
                if (i % 1000 == 999) {
                    await(() -> expected == counted(log));
                }
            }
            long newest = all(log).size();
            assertTrue(newest > 100 && newest < 3000, "in memory: " + newest);
        }
        try (var files = Files.list(folder)) {
            List<Path> all = files.sorted().toList();
            assertEquals(3, all.size(), all.toString());
            for (Path file : all) {
                assertTrue(Files.size(file) <= RefusalConfig.FILE_BYTES_MIN, file + " " + Files.size(file));
                assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
            }
        }
        assertTrue(lines().getLast().contains("request 2999"));
    }

    private static long counted(RefusalLog log) {
        return log.counters()
                .getJsonObject("refusals")
                .getJsonObject("none", new JsonObject())
                .getLong("NOT_BEARER", 0L);
    }

    @Test
    void aFullQueueIsCountedAndTheCountRecorded() throws IOException {
        int sent = 60_000;
        long dropped;
        try (RefusalLog log = RefusalLog.open(config(1 << 26, 2), this::now)) {
            for (int i = 0; i < sent; i++) {
                log.add(refusal("r", "a", Rejection.NOT_BEARER));
            }
            await(() -> counted(log) + log.counters().getLong("droppedRecords") == sent);
            dropped = log.counters().getLong("droppedRecords");
        }
        assertTrue(dropped > 0, "the thread kept up with " + sent);
        assertTrue(lines().stream().anyMatch(line -> line.contains("QUEUE_FULL")), "the count is not recorded");
    }

    @Test
    void aDiskThatFailsLosesNoCountAndNoMemory() throws IOException {
        try (RefusalLog log = RefusalLog.open(config(RefusalConfig.FILE_BYTES_MIN, 2), this::now)) {
            log.add(refusal("r", "a", Rejection.NOT_BEARER));
            await(() -> counted(log) == 1);
            // The next rotation finds a folder that is not empty in its way.
            Files.createDirectories(folder.resolve(RefusalFiles.NAME + ".1").resolve("x"));
            for (int i = 0; i < 1000; i++) {
                log.add(refusal("r" + i, "a", Rejection.NOT_BEARER));
            }
            await(() -> counted(log) == 1001);
            assertTrue(log.counters().getLong("recordsNotWritten") > 0);
            assertTrue(all(log).getFirst().contains("r999"));
        }
    }

    @Test
    void comparesTheIssuersClockWithOurs() throws IOException {
        try (RefusalLog log = open()) {
            nowMillis.addAndGet(-30_000); // the issuer's clock is 30 s ahead
            log.verified(assertInstanceOf(VerifiedToken.class, verifier.verify(token(AUDIENCE))));
            nowMillis.addAndGet(40_000);
            log.verified(assertInstanceOf(VerifiedToken.class, verifier.verify(token(AUDIENCE))));
            JsonObject skew = log.counters().getJsonObject("clockSkew").getJsonObject("directory");
            assertEquals(1, skew.getJsonObject("aheadSeconds").getLong("count"));
            assertEquals(30, skew.getJsonObject("aheadSeconds").getLong("max"));
            assertEquals(10, skew.getJsonObject("ageSeconds").getLong("min"));
            assertEquals(
                    "[{\"le\":30,\"count\":1}]",
                    skew.getJsonObject("aheadSeconds").getJsonArray("histogram").encode());
            assertEquals(
                    "[{\"le\":15,\"count\":1}]",
                    skew.getJsonObject("ageSeconds").getJsonArray("histogram").encode());
        }
    }

    @Test
    void repeatedRefusalsRaiseAnAlertThatClears() throws IOException {
        try (RefusalLog log = open()) {
            for (int i = 0; i < 9; i++) {
                log.add(refusal("r", "192.0.2.9", Rejection.NOT_BEARER));
            }
            await(() -> counted(log) == 9);
            assertEquals(0, log.alerts().getJsonArray("firing").size());
            nowMillis.addAndGet(Duration.ofMinutes(4).toMillis());
            log.add(refusal("r", "192.0.2.9", Rejection.NOT_BEARER));
            await(() -> !log.alerts().getJsonArray("firing").isEmpty());
            JsonObject alert = log.alerts().getJsonArray("firing").getJsonObject(0);
            assertEquals("RepeatedRefusalsOfCaller", alert.getString("rule"));
            assertEquals("192.0.2.9", alert.getString("address"));
            assertEquals("NOT_BEARER", alert.getString("reason"));
            nowMillis.addAndGet(Duration.ofMinutes(1).toMillis() + 1);
            assertEquals(0, log.alerts().getJsonArray("firing").size());
            assertEquals(1, log.alerts().getJsonArray("cleared").size());
        }
    }

    @Test
    void callersTakeTurnsWithoutHiding() throws IOException {
        try (RefusalLog log = open()) {
            for (int i = 0; i < 120; i++) {
                log.add(refusal("r", "192.0.2." + i, rejection("https://other.example")));
            }
            await(() -> !log.alerts().getJsonArray("firing").isEmpty());
            JsonObject alert = log.alerts().getJsonArray("firing").getJsonObject(0);
            assertEquals("RepeatedRefusalsOfIssuer", alert.getString("rule"));
            assertEquals("directory", alert.getString("issuerName"));
            assertFalse(alert.containsKey("address"));
        }
    }

    @Test
    void eachRuleCountsItsOwnReasonsInItsOwnWindow() {
        RefusalAlerts alerts = new RefusalAlerts(new RefusalConfig(
                folder,
                1 << 20,
                2,
                128 * 1024,
                List.of(
                        new AlertRule(
                                "Short",
                                AlertRule.Counts.CALLER,
                                Set.of(RejectionReason.NOT_BEARER),
                                2,
                                Duration.ofMinutes(1)),
                        new AlertRule(
                                "Other",
                                AlertRule.Counts.ISSUER,
                                Set.of(RejectionReason.EXPIRED),
                                2,
                                Duration.ofMinutes(5)))));
        for (int i = 0; i < 5; i++) {
            alerts.count(refusal("r", "192.0.2.1", Rejection.NOT_BEARER));
            nowMillis.addAndGet(Duration.ofMinutes(1).toMillis());
        }
        assertEquals(0, alerts.json().getJsonArray("firing").size(), "never two within a minute");
        alerts.count(refusal("r", "192.0.2.1", Rejection.NOT_BEARER));
        alerts.count(refusal("r", "192.0.2.1", Rejection.NOT_BEARER));
        assertEquals(1, alerts.json().getJsonArray("firing").size());
        JsonObject alert = alerts.json().getJsonArray("firing").getJsonObject(0);
        assertEquals("Short", alert.getString("rule"));
        assertEquals(60, alert.getInteger("windowSeconds"));
        assertEquals(2, alert.getInteger("threshold"));
    }

    @Test
    void aThirdForgedTokenRaisesAnAlert() {
        RefusalAlerts alerts = new RefusalAlerts(config(1 << 20, 2));
        String[] parts = token(AUDIENCE).split("\\.", -1);
        String forged = parts[0] + "." + parts[1] + "." + "A".repeat(parts[2].length() - 2) + "AA";
        Rejection rejection = assertInstanceOf(Rejection.class, verifier.verify(forged));
        assertEquals(RejectionReason.BAD_SIGNATURE, rejection.reason());
        for (int i = 0; i < 3; i++) {
            assertEquals(0, alerts.json().getJsonArray("firing").size(), "after " + i);
            alerts.count(refusal("r", "192.0.2.1", rejection));
        }
        assertEquals(
                "ForgedTokens",
                alerts.json().getJsonArray("firing").getJsonObject(0).getString("rule"));
    }

    @Test
    void countsNoMoreCallersThanItsLimit() {
        RefusalAlerts alerts = new RefusalAlerts(config(1 << 20, 2));
        for (int round = 0; round < 10; round++) {
            for (int i = 0; i < 6000; i++) {
                alerts.count(refusal("r", "10.0." + i / 250 + "." + i % 250, Rejection.NOT_BEARER));
            }
        }
        assertEquals(1, alerts.json().getJsonArray("firing").size(), "callers forgotten in turn, the issuer not");
    }
}
