// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import dev.managedhsm.gateway.fixture.BlobServer;
import dev.managedhsm.gateway.fixture.Custodian;
import dev.managedhsm.gateway.fixture.MachineIdentity;
import dev.managedhsm.gateway.fixture.ServeFolder;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** An HSM of a configuration file that comes to its blob storage as the managed identity of its machine. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IdentityBackupIT {
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final List<String> answers = new CopyOnWriteArrayList<>();
    private final MachineIdentity machine = MachineIdentity.start();
    private final BlobServer storage = BlobServer.start(machine);
    private ServedHsm hsm;

    @BeforeAll
    void start(@TempDir Path temporary) throws Exception {
        log.start();
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).addAppender(log);
        hsm = new ServedHsm(new ServeFolder(temporary)
                .replace("passphrase: file:passphrase", "key_file: unlock.key")
                .append("""
                        backups:
                          hosts: ["%s"]
                          managed_identity: {endpoint: "%s", client_id: %s}
                        """.formatted(storage.url(), machine.imds(), MachineIdentity.CLIENT)));
        hsm.init();
        hsm.activate(Custodian.some(2), 2);
        hsm.start();
    }

    @AfterAll
    void end() {
        hsm.close();
        storage.close();
        machine.close();
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).detachAppender(log);
    }

    @BeforeEach
    void allIsWell() {
        machine.status = 200;
        machine.audience = null;
        storage.contributor = true;
    }

    private JsonObject place() {
        return new JsonObject()
                .put("storageResourceUri", storage.url() + "/backups")
                .put("useManagedIdentity", true);
    }

    private JsonObject ended(HttpResponse<String> begun) throws Exception {
        answers.add(begun.body());
        JsonObject job = hsm.ended(begun);
        answers.add(job.encode());
        return job;
    }

    private String backup() throws Exception {
        JsonObject job = ended(hsm.post("/backup", place().encode()));
        assertEquals("Succeeded", job.getString("status"), job::encode);
        String uri = job.getString("azureStorageBlobContainerUri");
        return uri.substring(uri.lastIndexOf('/') + 1);
    }

    private void assertFailed(String words) throws Exception {
        JsonObject job = ended(hsm.post("/backup", place().encode()));
        assertEquals("Failed", job.getString("status"), job::encode);
        JsonObject error = job.getJsonObject("error");
        assertEquals("StorageUnavailable", error.getString("code"));
        assertTrue(error.getString("message").contains(words), error::encode);
    }

    @Test
    void backsUpAndRestores() throws Exception {
        String kid = hsm.create("kept");
        String name = backup();
        assertTrue(storage.blobs.containsKey("/backups/" + name + "/manifest"));
        assertEquals(200, hsm.delete("/keys/kept").statusCode());

        JsonObject restore = new JsonObject().put("sasTokenParameters", place()).put("folderToRestore", name);
        assertEquals("Succeeded", ended(hsm.put("/prerestore", restore)).getString("status"));
        assertEquals("Succeeded", ended(hsm.put("/restore", restore)).getString("status"));

        assertEquals(kid, hsm.kid("kept"));
        assertNothingKnowsATokenOfStorage();
    }

    @Test
    void renewsATokenThatTheStorageDoesNotTakeAnyMore() throws Exception {
        backup();
        int before = machine.given.size();
        storage.takenBack.addAll(machine.given);

        backup();

        assertEquals(before + 1, machine.given.size());
        assertNothingKnowsATokenOfStorage();
    }

    @Test
    void saysThatTheIdentityIsRefused() throws Exception {
        storage.takenBack.addAll(machine.given); // so that a new token is needed
        machine.status = 403;
        assertFailed("The endpoint of managed identities answered 403 (identity_unavailable)");
    }

    @Test
    void saysThatTheStorageRefusesTokensForSomethingElse() throws Exception {
        storage.takenBack.addAll(machine.given);
        machine.audience = "https://vault.azure.net";
        assertFailed("The blob storage does not take the token of the HSM's managed identity (401,"
                + " InvalidAuthenticationInfo)");
        storage.takenBack.addAll(machine.given);
        assertNothingKnowsATokenOfStorage();
    }

    @Test
    void saysThatTheIdentityHasNoRightThere() throws Exception {
        storage.contributor = false;
        assertFailed("give it the role Storage Blob Data Contributor there");
    }

    private void assertNothingKnowsATokenOfStorage() throws IOException {
        assertFalse(machine.given.isEmpty());
        assertFalse(answers.isEmpty());
        List<String> lines = List.copyOf(log.list).stream()
                .map(event -> event.getFormattedMessage()
                        + (event.getThrowableProxy() == null
                                ? ""
                                : ThrowableProxyUtil.asString(event.getThrowableProxy())))
                .toList();
        try (Stream<Path> files = Files.walk(hsm.folder.at("data"))) {
            List<String> contents = files.filter(Files::isRegularFile)
                    .map(IdentityBackupIT::content)
                    .toList();
            for (String token : machine.given) {
                String signature = token.substring(token.lastIndexOf('.') + 1);
                assertTrue(lines.stream().noneMatch(line -> line.contains(signature)));
                assertTrue(answers.stream().noneMatch(answer -> answer.contains(signature)));
                assertTrue(contents.stream().noneMatch(text -> text.contains(signature)));
            }
        }
    }

    private static String content(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // gone meanwhile
        }
    }
}
