// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.dashboard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.EventStream;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import dev.managedhsm.gateway.pulse.Pulse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The dashboard's files and its stream, without a browser. */
class DashboardIT {
    private static final String SIGN = "{\"alg\":\"ES256\",\"value\":\"" + "A".repeat(43) + "\"}";
    private static final String ROTATED = """
            {"lifetimeActions":[{"trigger":{"timeBeforeExpiry":"P7D"},"action":{"type":"Rotate"}}],
             "attributes":{"expiryTime":"P90D"}}""";

    private static final long END_SECONDS_MAX = 10;

    private static RunningHsm hsm;
    private static RawClient client;

    @BeforeAll
    static void start() {
        hsm = RunningHsm.start();
        client = hsm.client();
        client.create("ec", new JsonObject().put("kty", "EC"));
        client.create("told", new JsonObject().put("kty", "EC"));
    }

    @AfterAll
    static void stop() {
        RunningHsm.end(hsm);
    }

    @Test
    void servesThePageToAnybodyUnderAStrictPolicy() {
        Answer page = client.send(client.bare("/dashboard").GET());
        assertEquals(200, page.status());
        assertEquals("text/html; charset=utf-8", page.header("content-type"));
        assertEquals(
                "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;"
                        + " base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
                        + " require-trusted-types-for 'script'; trusted-types 'none'",
                page.header("content-security-policy"));
        assertEquals("DENY", page.header("x-frame-options"));
        assertEquals("nosniff", page.header("x-content-type-options"));
        assertEquals("no-referrer", page.header("referrer-policy"));
        assertFalse(page.body().contains("style=") || page.body().contains(" onclick"), "nothing inline");
        assertEquals(page.body(), client.send(client.bare("/dashboard/").GET()).body());
    }

    @Test
    void servesEveryPartThatAnotherOneNames() {
        Set<String> named = new HashSet<>(Set.of("/dashboard"));
        List<String> left = new ArrayList<>(named);
        while (!left.isEmpty()) {
            String path = left.removeLast();
            Answer part = client.send(client.bare(path).GET());
            assertEquals(200, part.status(), path);
            assertEquals(
                    304,
                    client.send(client.bare(path)
                                    .setHeader("if-none-match", part.header("etag"))
                                    .GET())
                            .status(),
                    path);
            String type = part.header("content-type");
            assertTrue(
                    (type.equals("text/html; charset=utf-8") && path.equals("/dashboard"))
                            || (type.equals("text/css; charset=utf-8") && path.endsWith(".css"))
                            || (type.equals("text/javascript; charset=utf-8") && path.endsWith(".js"))
                            || (type.equals("image/svg+xml") && path.endsWith(".svg")),
                    path + " is " + type);
            part.body()
                    .lines()
                    .flatMap(line -> List.of(line.split("\"", -1)).stream())
                    .filter(text -> text.matches("(/dashboard|\\.)/[a-z-]+\\.[a-z]+"))
                    .map(text -> text.replaceFirst("^\\./", "/dashboard/"))
                    .filter(named::add)
                    .forEach(left::add);
        }
        assertTrue(named.size() > 10, named + " are all");
    }

    @Test
    void refusesWhatIsNotThere() {
        client.send(client.bare("/dashboard/../dev.env").GET()).refused(404, "NotFound");
        client.send(client.bare("/dashboard/none.js").GET()).refused(404, "NotFound");
    }

    @Test
    void refusesTheStreamToWhoIsUnprovenOrMayNotLook() {
        assertEquals(401, client.send(client.bare("/dashboard/stream").GET()).status());
        Answer denied = client.send(client.bare("/dashboard/stream")
                .setHeader("authorization", "Bearer " + tokenOf(hsm.value("CRYPTO_USER_OBJECT_ID")))
                .GET());
        denied.refused(403, "AccessDenied");
        assertTrue(denied.body().contains("security/read/action"), denied.body());
    }

    @Test
    void tellsWhatIsKnownAndThenEachSecond() throws Exception {
        sign("ec", 3);
        try (EventStream stream = EventStream.open(hsm, hsm.token().text())) {
            JsonObject hello = stream.next("hello");
            assertEquals(hsm.url(), hello.getString("name"));
            assertTrue(count(hello.getJsonObject("sinceStart"), "SIGN.P_256.TOTAL") >= 3);
            JsonObject outlook = stream.next("outlook");
            assertEquals("OPERATIONAL", outlook.getString("condition"));
            JsonObject health = outlook.getJsonObject("more").getJsonObject("health");
            assertEquals(names(client.get("/health").ok()), names(health), "every check of /health");
            assertFalse(outlook.getJsonObject("more")
                    .getJsonObject("custody")
                    .getJsonArray("measures")
                    .isEmpty());
            assertTrue(outlook.getJsonObject("calendar").getInteger("keys") >= 2);
            stream.next("live");
            JsonObject quiet = stream.next("second");
            sign("told", 20);
            JsonObject busy = stream.next("second");
            long seen = count(busy.getJsonObject("latency"), "SIGN.P_256.EXECUTE");
            while (seen < 20) {
                busy = stream.next("second");
                seen += count(busy.getJsonObject("latency"), "SIGN.P_256.EXECUTE");
            }
            assertEquals(20, seen, "each operation once");
            assertEquals("fast", busy.getJsonArray("lanes").getJsonObject(0).getString("name"));
            assertTrue(busy.getLong("t") > quiet.getLong("t"));
            JsonObject top = stream.next(
                            event -> event.name().equals("second") && operations(event.data(), "keys", "told") == 20)
                    .data();
            assertTrue(operations(top, "principals", hsm.administratorId()) >= 20, "by principal too");
        }
    }

    @Test
    void keepsTheSlowestOperationForWhoComesLater() throws Exception {
        Set<String> requests = sign("ec", 5);
        try (EventStream stream = EventStream.open(hsm, hsm.token().text())) {
            JsonArray slow = stream.next("hello").getJsonArray("slow");
            assertFalse(slow.isEmpty());
            JsonObject one = slow.getJsonObject(0);
            assertTrue(Set.of("ec", "told").contains(one.getString("key")), "of this class's keys: " + one);
            assertEquals(hsm.administratorId(), one.getString("who"));
            long stages = one.getJsonArray("stages").stream()
                    .mapToLong(nanos -> ((Number) nanos).longValue())
                    .sum();
            assertEquals(one.getLong("ns"), stages, "the stages are all of it");
            assertFalse(requests.isEmpty());
        }
    }

    @Test
    void countsRefusedTokensAndAnswersByStatus() throws Exception {
        try (EventStream stream = EventStream.open(hsm, hsm.token().text())) {
            stream.next("second");
            client.send(client.bare("/keys")
                    .setHeader("authorization", "Bearer no.token.atall")
                    .GET());
            client.get("/keys/none");
            stream.next(event -> event.name().equals("second")
                    && event.data().getJsonObject("refused").getInteger("MALFORMED", 0) == 1);
            assertTrue(
                    stream.next(event -> event.name().equals("second")).data().containsKey("answers"));
        }
    }

    @Test
    void tellsTheDatesOfKeys() throws Exception {
        long expires = System.currentTimeMillis() / 1000 + 1_000_000;
        client.create(
                "dated", new JsonObject().put("kty", "EC").put("attributes", new JsonObject().put("exp", expires)));
        client.send(client.request("/keys/dated/rotationpolicy").PUT(BodyPublishers.ofString(ROTATED)))
                .ok();
        client.create("deleted", new JsonObject().put("kty", "EC"));
        client.delete("/keys/deleted").ok();
        awaitNobodyLooks(); // dates are looked up when somebody begins to look, and once a minute
        try (EventStream stream = EventStream.open(hsm, hsm.token().text())) {
            List<String> dates = stream.next("outlook").getJsonObject("calendar").getJsonArray("dates").stream()
                    .map(JsonObject.class::cast)
                    .map(date -> date.getString("kind") + " " + date.getString("key"))
                    .toList();
            assertTrue(dates.containsAll(List.of("EXPIRY dated", "ROTATION dated", "PURGE deleted")), dates.toString());
        }
    }

    @Test
    void marksACollectionByItsName() throws Exception {
        try (EventStream stream = EventStream.open(hsm, hsm.token().text())) {
            stream.next("second");
            System.gc();
            stream.next(event -> event.name().equals("second")
                    && event.data().getJsonArray("pauses").stream()
                            .map(JsonObject.class::cast)
                            .anyMatch(pause -> pause.getString("kind").equals("GC")
                                    && pause.getString("cause").contains("System.gc()")));
        }
    }

    @Test
    void endsWhenTheRightIsTakenBack() throws Exception {
        String somebody = UUID.randomUUID().toString();
        String assignment = "/providers/Microsoft.Authorization/roleAssignments/" + UUID.randomUUID();
        JsonObject role = new JsonObject()
                .put("principalId", somebody)
                .put(
                        "roleDefinitionId",
                        "Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/"
                                + BuiltInRoles.SECURITY_READER.id());
        assertEquals(
                201,
                client.put(assignment, new JsonObject().put("properties", role)).status());
        try (EventStream stream = EventStream.open(hsm, tokenOf(somebody))) {
            stream.next("second");
            client.delete(assignment).ok();
            stream.next("over");
            stream.next("end");
        }
    }

    @Test
    void endsWhenTheTokenExpires() throws Exception {
        long now = System.currentTimeMillis() / 1000;
        try (EventStream stream =
                EventStream.open(hsm, hsm.token().claim("exp", now + 3).text())) {
            stream.next("second");
            stream.next("over");
            assertTrue(System.currentTimeMillis() / 1000 >= now + 3);
        }
    }

    @Test
    void letsOnlySoManyLook() throws Exception {
        List<EventStream> streams = new ArrayList<>();
        try {
            for (int i = 0; i < Pulse.LOOKERS_MAX; i++) {
                streams.add(EventStream.open(hsm, hsm.token().text()));
            }
            client.get("/dashboard/stream").refused(429, "Throttled");
        } finally {
            streams.forEach(EventStream::close);
        }
        awaitNobodyLooks();
    }

    @Test
    void runsNoThreadWhenNobodyLooks() throws Exception {
        try (EventStream stream = EventStream.open(hsm, hsm.token().text())) {
            stream.next("second");
            assertTrue(pulseRuns());
        }
        awaitNobodyLooks();
    }

    private static void awaitNobodyLooks() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(END_SECONDS_MAX);
        while (pulseRuns()) {
            assertTrue(System.nanoTime() < end, "the pulse goes on");
            LockSupport.parkNanos(20_000_000);
        }
    }

    private static boolean pulseRuns() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().equals("pulse"));
    }

    /** Signs one after the other; gives back the ids of the requests. */
    private static Set<String> sign(String key, int count) {
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < count; i++) {
            Answer answer = client.send(client.posting("/keys/" + key + "/sign", BodyPublishers.ofString(SIGN)));
            answer.ok();
            ids.add(answer.header("x-ms-request-id"));
        }
        return ids;
    }

    private static List<String> names(JsonObject health) {
        return health.getJsonArray("checks").stream()
                .map(check -> ((JsonObject) check).getString("name"))
                .toList();
    }

    private static String tokenOf(String objectId) {
        return hsm.token().claim("oid", objectId).claim("sub", objectId).text();
    }

    private static long count(JsonObject histograms, String tag) {
        JsonArray pairs = histograms.getJsonArray(tag, new JsonArray());
        long sum = 0;
        for (int i = 1; i < pairs.size(); i += 2) {
            sum += pairs.getLong(i);
        }
        return sum;
    }

    private static long operations(JsonObject second, String of, String name) {
        return second.getJsonObject(of).getJsonArray("top").stream()
                .map(JsonObject.class::cast)
                .filter(cost -> cost.getString("name").equals(name))
                .mapToLong(cost -> cost.getLong("operations"))
                .sum();
    }
}
