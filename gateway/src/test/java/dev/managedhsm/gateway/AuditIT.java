// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.RunningHsm;
import dev.managedhsm.gateway.fixture.TlsSocket;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The end of every request of a running HSM is in its audit log before its answer arrives. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuditIT {
    private static final String DIGEST = "\"value\":\"" + "A".repeat(43) + "\"";

    private RunningHsm hsm;

    @BeforeAll
    void start() {
        hsm = RunningHsm.start();
        hsm.client().post("/keys/audited/create", "{\"kty\":\"EC-HSM\",\"crv\":\"P-256\"}");
    }

    @AfterAll
    void end() {
        RunningHsm.end(hsm);
    }

    @Test
    void signatureIsRecordedBeforeItsAnswerArrives() throws IOException {
        Answer answer = hsm.client().post("/keys/audited/sign", "{\"alg\":\"ES256\"," + DIGEST + "}");
        assertEquals(200, answer.status());
        JsonObject event = event(answer);
        assertEquals("KeySign", event.getString("operationName"));
        assertEquals("Success", event.getString("resultType"));
        assertEquals(200, event.getInteger("httpStatusCode"));
        assertEquals("AuditEvent", event.getString("category"));
        assertEquals("127.0.0.1", event.getString("callerIpAddress"));
        assertEquals(hsm.tenantId(), event.getString("TenantId"));
        assertEquals(hsm.url() + "/keys/audited/sign", event.getString("requestUri"));
        JsonObject properties = event.getJsonObject("properties");
        assertEquals("audited", properties.getString("keyName"));
        assertEquals(32, properties.getString("keyVersion").length());
        assertEquals("ES256", properties.getString("algorithm"));
        assertEquals("DONE", properties.getString("outcome"));
        assertEquals(hsm.administratorId(), properties.getString("principalObjectId"));
        assertNotNull(properties.getString("roleAssignmentId"));
        assertEquals(7, properties.getJsonObject("stageNanos").size());
        assertEquals(
                hsm.administratorId(),
                new JsonObject(event.getString("identity"))
                        .getJsonObject("claim")
                        .getJsonObject("http_schemas_microsoft_com_identity")
                        .getJsonObject("claims")
                        .getString("objectidentifier"));
        assertFalse(event.encode().contains("A".repeat(43)), "no payload");
    }

    @Test
    void refusalsAreRecordedWithTheirReason() throws IOException {
        JsonObject missing = event(hsm.client().post("/keys/nobody/sign", "{\"alg\":\"ES256\"," + DIGEST + "}"));
        assertEquals("Failure", missing.getString("resultType"));
        assertEquals("KeyNotFound", missing.getJsonObject("properties").getString("errorCode"));
        assertEquals("nobody", missing.getJsonObject("properties").getString("keyName"));
        Answer nobody = hsm.client().send(hsm.client().request("/keys").setHeader("authorization", "Bearer x.y.z"));
        JsonObject unproven = event(nobody);
        assertEquals(401, unproven.getInteger("httpStatusCode"));
        assertNotNull(unproven.getJsonObject("properties").getString("refusalReason"));
        assertEquals("KeyList", unproven.getString("operationName"));
    }

    @Test
    void changesOfKeysAndRolesHaveTheirNames() throws IOException {
        Answer created = hsm.client().post("/keys/another/create", "{\"kty\":\"oct-HSM\",\"key_size\":256}");
        assertEquals("KeyCreate", event(created).getString("operationName"));
        Answer roles = hsm.client().get("/providers/Microsoft.Authorization/roleAssignments");
        assertEquals("RoleAssignmentList", event(roles).getString("operationName"));
        Answer nowhere = hsm.client().get("/nowhere");
        assertEquals("Unknown", event(nowhere).getString("operationName"));
        assertEquals(404, event(nowhere).getInteger("httpStatusCode"));
    }

    @Test
    void changeWhoseClientHasGoneIsRecordedWithWhatItMade() throws Exception {
        String body = "{\"kty\":\"RSA-HSM\",\"key_size\":4096}";
        sendAndLeave("/keys/left/create", body.length(), body);
        JsonObject event = awaitEvent("KeyCreate", "/keys/left/create");
        assertEquals(200, event.getInteger("httpStatusCode"), "as it would have been answered");
        assertEquals("Success", event.getString("resultType"));
        JsonObject properties = event.getJsonObject("properties");
        assertEquals("left", properties.getString("keyName"));
        String id = hsm.client().get("/keys/left").json().getJsonObject("key").getString("kid");
        assertEquals(id, hsm.url() + "/keys/left/" + properties.getString("keyVersion"));
    }

    @Test
    void rootKeyChangeWhoseClientHasGoneIsRecorded() throws Exception {
        sendAndLeave("/securitydomain/rotaterootkey", 0, "");
        JsonObject event = awaitEvent("SecurityDomainRootKeyRotate", "/securitydomain/rotaterootkey");
        assertEquals(200, event.getInteger("httpStatusCode"), "as it would have been answered");
    }

    @Test
    void requestWhoseClientGoesBeforeItIsWholeIsRecordedAsThat() throws Exception {
        sendAndLeave("/keys/audited/verify", 100, "{\"alg\":");
        JsonObject event = awaitEvent("KeyVerify", "/keys/audited/verify");
        assertEquals(499, event.getInteger("httpStatusCode"));
        assertEquals("audited", event.getJsonObject("properties").getString("keyName"));
        assertFalse(event.getJsonObject("properties").containsKey("outcome"), "no key was touched");
    }

    /** Ends the connection behind a request; its token is known by then, so that it is begun before the end is seen. */
    private void sendAndLeave(String path, int contentLength, String sent) throws Exception {
        try (TlsSocket client = TlsSocket.open(hsm)) {
            client.send(head("GET", "/keys/audited", "") + "\r\n");
            assertEquals(200, client.receive().status());
            client.send(head("POST", path, "Content-Length: " + contentLength + "\r\n") + "\r\n" + sent);
        }
    }

    private String head(String method, String path, String more) {
        return method + " " + path + "?api-version=7.6 HTTP/1.1\r\nHost: localhost:" + hsm.port()
                + "\r\nAuthorization: " + hsm.client().bearer() + "\r\nContent-Type: application/json\r\n" + more;
    }

    private JsonObject awaitEvent(String operation, String path) throws IOException, InterruptedException {
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (System.nanoTime() < endNanos) {
            List<JsonObject> found = events(hsm.folder().resolve("data/audit")).stream()
                    .filter(event -> operation.equals(event.getString("operationName"))
                            && event.getString("requestUri").endsWith(path))
                    .toList();
            if (!found.isEmpty()) {
                assertEquals(1, found.size(), "each request has one event");
                return found.getFirst();
            }
            Thread.sleep(50);
        }
        throw new AssertionError("no event of " + operation + " " + path);
    }

    private JsonObject event(Answer answer) throws IOException {
        String id = answer.header("x-ms-request-id");
        List<JsonObject> found = events(hsm.folder().resolve("data/audit")).stream()
                .filter(event -> id.equals(event.getString("correlationId")))
                .toList();
        assertEquals(1, found.size(), "events of request " + id);
        return found.getFirst();
    }

    static List<JsonObject> events(Path folder) throws IOException {
        List<JsonObject> events = new ArrayList<>();
        try (var files = Files.newDirectoryStream(folder, "events-*.jsonl")) {
            for (Path file : files) {
                String text = Files.readString(file, StandardCharsets.UTF_8);
                int end = text.indexOf('\0');
                (end < 0 ? text : text.substring(0, end)).lines().forEach(line -> events.add(new JsonObject(line)));
            }
        }
        return events;
    }
}
