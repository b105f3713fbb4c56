// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backup and restore of the whole HSM over a real connection, into the folder that a development HSM allows. */
class FullBackupsIT {
    private static final JsonObject P256 = new JsonObject().put("kty", "EC");
    private static final JsonObject OCT = new JsonObject().put("kty", "oct");

    @TempDir
    private Path folder;

    private RunningHsm hsm;
    private RawClient client;

    @BeforeEach
    void start() {
        hsm = RunningHsm.start(folder.resolve("hsm"), 0);
        client = hsm.client();
    }

    @AfterEach
    void end() {
        hsm.close();
    }

    private void restart() {
        int port = hsm.port();
        hsm.close();
        hsm = RunningHsm.start(folder.resolve("hsm"), port);
        client = hsm.client();
    }

    private Path backups() {
        return hsm.folder().resolve("backups");
    }

    private JsonObject place() {
        return new JsonObject().put("storageResourceUri", backups().toUri().toString());
    }

    /** Waits for the end of what was begun, and gives back its last status. */
    private JsonObject ended(Answer begun) {
        assertEquals(202, begun.status(), begun::body);
        begun.assertSuccessHeaders();
        assertEquals("1", begun.header("retry-after"));
        String status = URI.create(begun.header("azure-asyncoperation")).getPath();
        assertEquals("InProgress", begun.json().getString("status"));
        JsonObject job = client.get(status).ok();
        while (job.getString("status").equals("InProgress")) {
            assertNull(job.getValue("endTime"));
            job = client.get(status).ok();
        }
        assertEquals(begun.json().getString("jobId"), job.getString("jobId"));
        return job;
    }

    private static void assertSucceeded(JsonObject job) {
        assertEquals("Succeeded", job.getString("status"), job::encode);
        assertNull(job.getValue("error"));
        assertTrue(job.getLong("endTime") >= job.getLong("startTime"));
    }

    private static void assertFailed(String code, JsonObject job) {
        assertEquals("Failed", job.getString("status"), job::encode);
        assertEquals(code, job.getJsonObject("error").getString("code"));
    }

    /** Backs up; the name of the folder. */
    private String backup() {
        JsonObject job = ended(client.post("/backup", place()));
        assertSucceeded(job);
        String uri = job.getString("azureStorageBlobContainerUri");
        String prefix = backups().toUri().toString();
        assertTrue(uri.startsWith(prefix.substring(0, prefix.length() - 1)), uri);
        String name = uri.substring(uri.lastIndexOf('/') + 1);
        assertTrue(name.matches("mhsm-localhost-[0-9]{14}"), name);
        return name;
    }

    private Answer restore(String name) {
        return client.put(
                "/restore", new JsonObject().put("sasTokenParameters", place()).put("folderToRestore", name));
    }

    private Answer restoreKey(String key, String name) {
        return client.put(
                "/keys/" + key + "/restore",
                new JsonObject().put("sasTokenParameters", place()).put("folder", name));
    }

    private String assign() {
        String name = UUID.randomUUID().toString();
        JsonObject properties = new JsonObject()
                .put(
                        "roleDefinitionId",
                        "Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/21dbd100-6940-42c2-9190-5d6cb909625b")
                .put("principalId", UUID.randomUUID().toString());
        Answer answer = client.put(assignment(name), new JsonObject().put("properties", properties));
        assertEquals(201, answer.status(), answer::body);
        return name;
    }

    private static String assignment(String name) {
        return "/providers/Microsoft.Authorization/roleAssignments/" + name;
    }

    private void destroy(String name) {
        client.delete("/keys/" + name).ok();
        assertEquals(204, client.delete("/deletedkeys/" + name).status());
    }

    private boolean there(String path) {
        return client.get(path).status() == 200;
    }

    @Test
    void aFullRestoreBringsEverythingBackAndNothingElse() {
        client.create("twice", P256);
        JsonObject second = client.create("twice", P256);
        client.create("deleted", OCT);
        client.delete("/keys/deleted").ok();
        client.put(
                        "/keys/twice/rotationpolicy",
                        new JsonObject("{\"lifetimeActions\":[{\"trigger\":{\"timeAfterCreate\":\"P90D\"},"
                                + "\"action\":{\"type\":\"Rotate\"}}],\"attributes\":{\"expiryTime\":\"P2Y\"}}"))
                .ok();
        JsonObject policy = client.get("/keys/twice/rotationpolicy").ok();
        String kept = assign();
        String name = backup();
        destroy("twice");
        destroy0("deleted");
        client.create("later", OCT);
        String later = assign();
        assertEquals(200, client.delete(assignment(kept)).status());

        assertSucceeded(ended(restore(name)));

        for (int look = 0; look < 2; look++) {
            assertEquals(second, client.get("/keys/twice").ok());
            assertEquals(
                    2,
                    client.get("/keys/twice/versions")
                            .ok()
                            .getJsonArray("value")
                            .size());
            assertEquals(policy, client.get("/keys/twice/rotationpolicy").ok());
            assertTrue(there("/deletedkeys/deleted"));
            assertFalse(there("/keys/later"));
            assertTrue(there(assignment(kept)));
            assertFalse(there(assignment(later)));
            restart(); // and all of that is durable
        }
        client.post("/deletedkeys/deleted/recover", "").ok();
        client.post("/keys/twice/sign", "{\"alg\":\"ES256\",\"value\":\"" + "A".repeat(43) + "\"}")
                .ok();
        client.create("later", P256);
        destroy("twice");
        assertEquals(
                201,
                client.put(assignment(UUID.randomUUID().toString()), anyRole()).status());
        restart();
        assertFalse(there("/keys/twice"));
    }

    private void destroy0(String name) {
        assertEquals(204, client.delete("/deletedkeys/" + name).status());
    }

    private static JsonObject anyRole() {
        return new JsonObject()
                .put(
                        "properties",
                        new JsonObject()
                                .put(
                                        "roleDefinitionId",
                                        "Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/21dbd100-6940-42c2-9190-5d6cb909625b")
                                .put("principalId", UUID.randomUUID().toString()));
    }

    @Test
    void aSelectiveRestoreBringsOneKeyBack() {
        client.create("one", P256);
        JsonObject second = client.create("one", P256);
        client.create("other", P256);
        String name = backup();
        assertFailed("Conflict", ended(restoreKey("one", name)));
        client.delete("/keys/one").ok();
        assertFailed("Conflict", ended(restoreKey("one", name)));
        destroy0("one");
        destroy("other");

        assertSucceeded(ended(restoreKey("one", name)));

        assertEquals(second, client.get("/keys/one").ok());
        assertFalse(there("/keys/other"));
        assertFailed("KeyNotFound", ended(restoreKey("nobody", name)));
        restart();
        assertEquals(second, client.get("/keys/one").ok());
    }

    @Test
    void checksBeforehandAndLeavesNothing() throws IOException {
        client.create("one", P256);
        assertSucceeded(ended(client.post("/prebackup", place())));
        assertSucceeded(ended(client.post("/prebackup", new JsonObject())));
        try (Stream<Path> files = Files.list(backups())) {
            assertEquals(List.of(), files.toList());
        }
        String name = backup();
        JsonObject found = new JsonObject().put("sasTokenParameters", place()).put("folderToRestore", name);
        assertSucceeded(ended(client.put("/prerestore", found)));
        assertFailed(
                "BackupNotFound", ended(client.put("/prerestore", found.copy().put("folderToRestore", "mhsm-no-1"))));
        assertTrue(there("/keys/one"));
    }

    @Test
    void refusesADamagedBackupAndChangesNothing() throws IOException {
        client.create("one", P256);
        String name = backup();
        client.create("later", P256);
        Path part = backups().resolve(name).resolve("records-00001");
        byte[] bytes = Files.readAllBytes(part);
        bytes[bytes.length / 2] ^= 1;
        Files.write(part, bytes);

        assertFailed("MalformedBackupBlob", ended(restore(name)));
        assertFailed("MalformedBackupBlob", ended(restoreKey("one", name)));
        Files.delete(part);
        assertFailed("MalformedBackupBlob", ended(restore(name)));
        Files.delete(backups().resolve(name).resolve("manifest"));
        assertFailed("BackupNotFound", ended(restore(name)));
        assertTrue(there("/keys/later"));
    }

    @Test
    void refusesTheBackupOfAnotherSecurityDomain() throws IOException {
        String name;
        try (RunningHsm other = RunningHsm.start(folder.resolve("other"), 0)) {
            other.client().create("theirs", P256);
            JsonObject there = new JsonObject()
                    .put(
                            "storageResourceUri",
                            other.folder().resolve("backups").toUri().toString());
            Answer begun = other.client().post("/backup", there);
            String status = URI.create(begun.header("azure-asyncoperation")).getPath();
            JsonObject job = other.client().get(status).ok();
            while (job.getString("status").equals("InProgress")) {
                job = other.client().get(status).ok();
            }
            String uri = job.getString("azureStorageBlobContainerUri");
            name = uri.substring(uri.lastIndexOf('/') + 1);
            Path to = Files.createDirectory(backups().resolve(name));
            for (String file : List.of("manifest", "records-00001")) {
                Files.copy(
                        other.folder().resolve("backups").resolve(name).resolve(file),
                        to.resolve(file),
                        StandardCopyOption.REPLACE_EXISTING);
            }
        }
        JsonObject job = ended(restore(name));

        assertFailed("MalformedBackupBlob", job);
        assertTrue(job.getJsonObject("error").getString("message").contains("another security domain"), job::encode);
        assertFalse(there("/keys/theirs"));
    }

    @Test
    void writesAndReadsNowhereElse() throws IOException {
        Path outside = Files.createDirectory(folder.resolve("outside"));
        Files.createSymbolicLink(backups().resolve("link"), outside);
        for (String uri : List.of(
                outside.toUri().toString(),
                backups().toUri() + "../../outside",
                backups().toUri() + "link",
                backups().toUri() + "missing",
                "file://example.org/backups",
                "https://account.blob.core.windows.net/container",
                "http://127.0.0.1:" + hsm.port() + "/container",
                "http://169.254.169.254/metadata",
                "gopher://127.0.0.1/x",
                "no uri at all",
                "")) {
            JsonObject place = new JsonObject().put("storageResourceUri", uri).put("token", "sig=x");
            client.post("/backup", place).refused(400, "BadParameter");
            client.post("/prebackup", place).refused(400, "BadParameter");
            client.put(
                            "/restore",
                            new JsonObject().put("sasTokenParameters", place).put("folderToRestore", "mhsm-a-1"))
                    .refused(400, "BadParameter");
        }
        for (String name : List.of("..", "../hsm", "a/b", "", ".", "a b", "%2e%2e")) {
            restore(name).refused(400, "BadParameter");
        }
        try (Stream<Path> files = Files.list(outside)) {
            assertEquals(List.of(), files.toList());
        }
    }

    @Test
    void refusesBodiesThatNameNothing() {
        client.post("/backup", new JsonObject()).refused(400, "BadParameter");
        client.post("/backup", place().put("token", 7)).refused(400, "BadParameter");
        client.post("/backup", place().put("token", "a").put("useManagedIdentity", true))
                .refused(400, "BadParameter");
        client.put("/restore", new JsonObject().put("folderToRestore", "a")).refused(400, "BadParameter");
        client.put("/restore", new JsonObject().put("sasTokenParameters", place()))
                .refused(400, "BadParameter");
        client.put(
                        "/keys/a_b/restore",
                        new JsonObject().put("sasTokenParameters", place()).put("folder", "a"))
                .refused(400, "BadParameter");
        client.get("/backup/" + "0".repeat(32) + "/pending").refused(404, "JobNotFound");
        client.get("/restore/" + "0".repeat(32) + "/pending").refused(404, "JobNotFound");
    }

    @Test
    void doesOneAtATime() {
        for (int i = 0; i < 200; i++) {
            client.create("key-" + i, OCT);
        }
        Answer first = client.post("/backup", place());
        int refused = 0;
        while (refused == 0) {
            Answer second = client.post("/backup", place());
            if (second.status() == 409) {
                second.refused(409, "Conflict");
                refused++;
            } else {
                assertEquals(202, second.status(), second::body); // the first had ended already
                first = second;
            }
        }
        assertSucceeded(ended(first));
    }
}
