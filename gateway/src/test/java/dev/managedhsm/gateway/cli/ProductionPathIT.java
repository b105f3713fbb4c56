// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static dev.managedhsm.gateway.cli.ServedHsm.json;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.ServeFolder;
import dev.managedhsm.gateway.forward.SyslogReceiver;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The way of README's section on production, command by command: a first machine, its loss, and a second one. */
class ProductionPathIT {
    @TempDir
    private Path temporary;

    private StringWriter out = new StringWriter();
    private StringWriter err = new StringWriter();

    @SuppressWarnings("NullAway.Init") // each test begins with a machine
    private ServedHsm hsm;

    private SyslogReceiver receiver;

    @BeforeEach
    void receive() throws IOException {
        receiver = SyslogReceiver.plain(0);
    }

    @AfterEach
    void end() throws IOException {
        stop();
        receiver.close();
    }

    private void stop() {
        hsm.close();
    }

    @Test
    void whatIsLostWithOneMachineIsHadBackByAQuorumAndABackup() throws Exception {
        Path backups = Files.createDirectory(temporary.resolve("backups"));
        machine("one", backups);
        said("OK for a new HSM", "config", "check", config());
        said("made ", "init", "--config", config());
        said("\nOK", "config", "check", config());
        for (String name : List.of("alice", "bob", "carol")) {
            said("give it away", "security-domain", "make-custodian", at(name));
        }
        refused(
                "--quorum is 3 and there are 2 certificates",
                "security-domain",
                "download",
                "--config",
                config(),
                "--quorum",
                "3",
                "--out",
                at("domain.json"),
                at("alice.cer"),
                at("bob.cer"));
        refused("cannot be read (NoSuchFileException)", "security-domain", "check", at("none.json"));
        said(
                "2 of 3",
                "security-domain",
                "download",
                "--config",
                config(),
                "--quorum",
                "2",
                "--out",
                at("domain.json"),
                at("alice.cer"),
                at("bob.cer"),
                at("carol.cer"));
        said("in order: 2 of 3", "security-domain", "check", at("domain.json"));
        hsm.start();
        hsm.create("first");
        String key = publicPart();
        String backup = done(hsm.post("/backup", place(backups).encode())).getString("azureStorageBlobContainerUri");
        stop(); // and never seen again

        machine("two", backups);
        hsm.folder.replace("passphrase: file:passphrase", "key_file: unlock.key"); // the other way, which opens at once
        said("", "init", "--config", config());
        hsm.start();
        assertEquals(503, hsm.get("/keys").statusCode(), "it serves no keys yet");
        Files.writeString(
                temporary.resolve("transfer.json"),
                hsm.get("/securitydomain/upload").body());
        said(
                "upload it",
                "security-domain",
                "recover",
                "--domain",
                at("domain.json"),
                "--transfer-key",
                at("transfer.json"),
                "--body",
                "--out",
                at("upload.json"),
                at("alice.key"),
                at("carol.key"));
        json(hsm.post("/securitydomain/upload", Files.readString(temporary.resolve("upload.json"))), 202);
        hsm.awaitUploaded();
        JsonObject restore = new JsonObject()
                .put("sasTokenParameters", place(backups))
                .put("folderToRestore", backup.substring(backup.lastIndexOf('/') + 1));
        done(hsm.put("/restore", restore));
        assertEquals(key, publicPart());
        json(hsm.post("/keys/first/sign", "{\"alg\":\"ES256\",\"value\":\"" + "A".repeat(43) + "\"}"), 200);
        stop();

        String made = Path.of(URI.create(backup)).toString();
        said("whole: 1 keys", "backup", "verify", "--config", config(), made);
        said("restored: 1 keys", "backup", "rehearse", "--config", config(), "--scratch", at("."), made);
        Files.delete(hsm.folder.at("data/witness"));
        said("accepted", "store", "accept", "--config", config());
        hsm.start();
        JsonObject rotated = json(hsm.post("/securitydomain/rotaterootkey", ""), 200);
        assertTrue(rotated.getLong("records") > 0, rotated.encode());
        awaitForwarded("SecurityDomainUpload", "RestoreCreate", "KeySign");
        JsonObject event = awaitForwarded("SecurityDomainRootKeyRotate");
        assertEquals("Success", event.getString("resultType"));
        assertEquals(200, event.getInteger("httpStatusCode"));
        assertEquals(
                ServeFolder.ADMINISTRATOR, event.getJsonObject("properties").getString("principalObjectId"));
        stop();
        said("\nwhole: ", "audit", "verify", hsm.folder.at("data/audit").toString());
        said(
                "2 of 2",
                "security-domain",
                "download",
                "--config",
                config(),
                "--quorum",
                "2",
                "--out",
                at("again.json"),
                at("alice.cer"),
                at("bob.cer"));
    }

    private String publicPart() throws Exception {
        return json(hsm.get("/keys/first"), 200).getJsonObject("key").getString("x");
    }

    /** Waits until a backup or restore has ended well. */
    private JsonObject done(HttpResponse<String> begun) throws Exception {
        JsonObject job = hsm.ended(begun);
        assertEquals("Succeeded", job.getString("status"), job::encode);
        return job;
    }

    private void machine(String name, Path backups) throws Exception {
        hsm = new ServedHsm(new ServeFolder(Files.createDirectory(temporary.resolve(name)))
                .append("backups:\n  folders: [" + backups + "]\n")
                .append("audit:\n  forward: {host: 127.0.0.1, tls: false, confirm_every: 1s, port: " + receiver.port()
                        + "}\n"));
    }

    /** Waits until events of these operations were received; the last one. */
    private JsonObject awaitForwarded(String... operations) throws InterruptedException {
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (true) {
            List<JsonObject> events = receiver.messages().stream()
                    .map(message -> new JsonObject(message.substring(message.indexOf('{'))))
                    .toList();
            List<String> names = events.stream()
                    .map(event -> event.getString("operationName"))
                    .toList();
            if (names.containsAll(List.of(operations))) {
                return events.get(names.lastIndexOf(operations[operations.length - 1]));
            }
            assertTrue(System.nanoTime() < endNanos, () -> "received were " + names);
            Thread.sleep(20);
        }
    }

    private String config() {
        return hsm.folder.config().toString();
    }

    private String at(String name) {
        return temporary.resolve(name).toString();
    }

    /** Runs a command, which must end well and say this. */
    private void said(String expected, String... arguments) {
        assertEquals(0, status(arguments), () -> String.join(" ", arguments) + ": " + err);
        assertTrue(('\n' + out.toString()).contains(expected), () -> out + " " + err);
    }

    /** Runs a command, which must refuse itself in one sentence with these words. */
    private void refused(String words, String... arguments) {
        assertEquals(1, status(arguments), () -> String.join(" ", arguments) + ": " + out);
        assertTrue(err.toString().startsWith("hsm: "), err::toString);
        assertTrue(err.toString().contains(words), err::toString);
        assertEquals(1, err.toString().lines().count(), err::toString);
    }

    private int status(String... arguments) {
        out = new StringWriter();
        err = new StringWriter();
        return new CommandLine(new Main())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }

    private static JsonObject place(Path backups) {
        return new JsonObject().put("storageResourceUri", backups.toUri().toString());
    }
}
