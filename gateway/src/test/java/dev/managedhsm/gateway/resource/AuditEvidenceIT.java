// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.gateway.evidence.LogEvidence;
import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.FrameSocket;
import dev.managedhsm.gateway.fixture.LogWitness;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An auditor asks a running HSM for evidence, and verifies it with nothing of the HSM's own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuditEvidenceIT {
    private static final String RECEIPT = "x-hsm-audit-receipt";
    private static final String DIGEST = "A".repeat(43);
    private static final String VERSION = "api-version=7.6";

    private RunningHsm hsm;
    private Caller auditor;

    @BeforeAll
    void start() {
        hsm = RunningHsm.start();
        hsm.client().create("signer", new JsonObject().put("kty", "EC-HSM").put("crv", "P-256"));
        auditor = Caller.fresh(hsm);
        Answer given = Caller.administrator(hsm).assign("", BuiltInRoles.SECURITY_READER.id(), auditor.objectId);
        assertEquals(201, given.status(), given.body());
    }

    @AfterAll
    void end() {
        RunningHsm.end(hsm);
    }

    private String text(String path) {
        Answer answer = auditor.get("/audit/" + path + "?" + VERSION);
        assertEquals(200, answer.status(), answer.body());
        assertEquals("text/plain; charset=utf-8", answer.header("content-type"));
        return answer.body();
    }

    private JsonObject json(String query) {
        return auditor.get("/audit/" + query + "&" + VERSION).ok();
    }

    private static List<String> path(JsonObject proof) {
        JsonArray hashes = proof.getJsonArray("path");
        List<String> path = new ArrayList<>();
        hashes.forEach(hash -> path.add(LogWitness.hex(String.valueOf(hash))));
        return path;
    }

    /** The event that a receipt tells of. */
    private record Receipt(long index, String leaf, String checkpoint) {
        static Receipt read(String header) {
            String[] parts = header.split(";", -1);
            return new Receipt(
                    Long.parseLong(parts[0].substring("index=".length())),
                    LogWitness.hex(parts[1].substring("leaf=".length())),
                    new String(
                            Base64.getDecoder().decode(parts[2].substring("checkpoint=".length())),
                            StandardCharsets.UTF_8));
        }
    }

    private Receipt sign() {
        Answer answer = hsm.client()
                .send(hsm.client()
                        .posting(
                                "/keys/signer/sign",
                                java.net.http.HttpRequest.BodyPublishers.ofString(
                                        "{\"alg\":\"ES256\",\"value\":\"" + DIGEST + "\"}"))
                        .header(RECEIPT, "1"));
        assertEquals(200, answer.status(), answer.body());
        return Receipt.read(answer.header(RECEIPT));
    }

    /** A checkpoint that covers so many events, as soon as there is one. */
    private LogWitness.Checkpoint checkpointOver(long events, String keys) throws InterruptedException {
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        LogWitness.Checkpoint checkpoint = LogWitness.verified(text("checkpoint"), keys);
        while (checkpoint.size() < events) {
            assertTrue(System.nanoTime() < endNanos, "it is not signed");
            Thread.sleep(20);
            checkpoint = LogWitness.verified(text("checkpoint"), keys);
        }
        return checkpoint;
    }

    @Test
    void receiptLeadsToASignedCheckpointAndThatToEveryLaterOne() throws InterruptedException {
        List<Receipt> receipts = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            receipts.add(sign());
        }
        String keys = text("keys");
        Receipt last = receipts.getLast();
        LogWitness.Checkpoint now = checkpointOver(last.index() + 1, keys);
        for (Receipt receipt : receipts) {
            LogWitness.Checkpoint then = LogWitness.verified(receipt.checkpoint(), keys);
            assertTrue(then.size() > receipt.index());
            for (LogWitness.Checkpoint covering : List.of(then, now)) {
                JsonObject proof = json("proof?index=" + receipt.index() + "&size=" + covering.size());
                assertEquals(receipt.leaf(), LogWitness.hex(proof.getString("leafHash")));
                assertEquals(
                        covering.root(),
                        LogWitness.root(receipt.index(), covering.size(), receipt.leaf(), path(proof)));
            }
            JsonObject proof = json("consistency?from=" + then.size() + "&to=" + now.size());
            assertTrue(LogWitness.consistent(then, now, path(proof)), proof.encode());
            LogWitness.Checkpoint lie = new LogWitness.Checkpoint(then.size(), "00".repeat(32));
            assertFalse(LogWitness.consistent(lie, now, path(proof)), "the witness is no yes-man");
        }
    }

    @Test
    void eventsAreThoseThatWereHashed() {
        Receipt receipt = sign();
        Answer answer = auditor.get("/audit/events?from=" + receipt.index() + "&count=1&" + VERSION);
        assertEquals(200, answer.status(), answer.body());
        assertEquals("application/x-ndjson; charset=utf-8", answer.header("content-type"));
        assertTrue(answer.body().endsWith("}\n"));
        String line = answer.body().strip();
        assertEquals(receipt.leaf(), LogWitness.leaf(line));
        JsonObject event = new JsonObject(line);
        assertEquals("KeySign", event.getString("operationName"));
        assertEquals(receipt.index(), event.getJsonObject("properties").getLong("index"));
    }

    @Test
    void logIsReadPageByPage() {
        Receipt last = sign();
        long next = 0;
        while (next <= last.index()) {
            String page = auditor.get("/audit/events?from=" + next + "&count=7&" + VERSION)
                    .body();
            List<String> lines = page.lines().toList();
            assertFalse(lines.isEmpty());
            for (String line : lines) {
                JsonObject properties = new JsonObject(line).getJsonObject("properties");
                assertEquals(next++, properties.getLong("index"));
            }
        }
    }

    @Test
    void nothingIsAnsweredBehindTheLastEventButNothing() {
        long events = 0;
        for (String page = "x"; !page.isEmpty(); ) { // every question is an event too, so this does not end by itself
            Answer answer = auditor.get("/audit/events?from=" + events + "&count=1000&" + VERSION);
            assertEquals(200, answer.status(), answer.body());
            page = answer.body();
            events += page.lines().count();
            if (page.lines().count() <= 1) {
                break;
            }
        }
        Answer beyond = auditor.get("/audit/events?from=" + (events + 1000) + "&" + VERSION);
        assertTrue(beyond.refused(400, "BadParameter").startsWith("The parameter from is beyond the log, which has "));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    proof?size=5 | The parameter index is missing
                    proof?index=x | The parameter index must be a number, 0 or larger
                    proof?index=-1 | The parameter index must be a number, 0 or larger
                    proof?index=99999999999999999999 | The parameter index must be a number, 0 or larger
                    proof?index=5&size=5 | The parameter index must be smaller than the size, 5
                    proof?index=0&size=0 | The parameter index must be smaller than the size, 0
                    proof?index=0&size=1e3 | The parameter size must be a number, 0 or larger
                    proof?index=0&size=1000000000 | The parameter size is beyond the tree
                    consistency?to=5 | The parameter from is missing
                    consistency?from=3&to=2 | The parameter from must not be larger than the later size, 2
                    consistency?from=0&to=1000000000 | The parameter to is beyond the tree
                    consistency?from=-3 | The parameter from must be a number, 0 or larger
                    events?count=1 | The parameter from is missing
                    events?from=0&count=0 | The parameter count must be a number from 1 to 1000
                    events?from=0&count=1001 | The parameter count must be a number from 1 to 1000
                    events?from=a | The parameter from must be a number, 0 or larger
                    """)
    void refusesWhatItCannotProve(String query, String message) throws InterruptedException {
        checkpointOver(6, text("keys"));
        String refusal = auditor.get("/audit/" + query + "&" + VERSION).refused(400, "BadParameter");
        assertTrue(refusal.startsWith(message), refusal);
    }

    @ParameterizedTest
    @CsvSource({"checkpoint?", "keys?", "proof?index=0&", "consistency?from=0&", "events?from=0&"})
    void tellsNobodyWithoutARight(String query) {
        String path = "/audit/" + query + VERSION;
        Answer nobody = Caller.nobody(hsm).get(path);
        nobody.refused(401, "Unauthorized");
        assertTrue(nobody.header("www-authenticate").startsWith("Bearer "));
        assertEquals(
                "Not authorized to access Microsoft.KeyVault/managedHsm/security/read/action on /",
                Caller.fresh(hsm).get(path).refused(403, "AccessDenied"));
        Caller user = Caller.fresh(hsm);
        Caller.administrator(hsm).assign("", BuiltInRoles.CRYPTO_USER.id(), user.objectId);
        user.get(path).refused(403, "AccessDenied");
        auditor.get("/audit/" + query + "x=1").refused(400, "BadParameter"); // no version
    }

    @Test
    void turnsAwayWhoComesWhileTooManyAnswersAreNotTaken() throws IOException {
        for (int i = 0; i < 70; i++) {
            sign(); // so that an answer is longer than what HTTP/2 lets out unasked
        }
        Map<String, String> head = Map.of(":method", "GET", "authorization", auditor.bearer());
        try (FrameSocket slow = FrameSocket.open(hsm)) {
            int stream = 1;
            for (; stream < 2 * LogEvidence.QUESTIONS_MAX; stream += 2) {
                slow.addHead(stream, FrameSocket.END_STREAM, "/audit/events?from=0&count=1000&" + VERSION, head);
            }
            slow.flush();
            Answer answer = auditor.once("/audit/keys?" + VERSION);
            while (answer.status() == 200 && stream < 100) { // it took the place of a slow one, or came before it
                slow.addHead(stream, FrameSocket.END_STREAM, "/audit/events?from=0&count=1000&" + VERSION, head);
                slow.flush();
                stream += 2;
                answer = auditor.once("/audit/keys?" + VERSION);
            }
            answer.refused(429, "Throttled");
            assertEquals("1", answer.header("retry-after"));
        }
        text("keys"); // comes again, and is told
    }
}
