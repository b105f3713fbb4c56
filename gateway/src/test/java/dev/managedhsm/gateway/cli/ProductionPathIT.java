// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.config.ConfigFile;
import dev.managedhsm.gateway.config.ServeConfig;
import dev.managedhsm.gateway.fixture.ServeFolder;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
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
    private ServeFolder folder;

    private @Nullable ServingHsm running;
    private @Nullable HttpClient client;

    @AfterEach
    void stop() {
        if (client != null) {
            client.close();
            client = null;
        }
        if (running != null) {
            running.close();
            running = null;
        }
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
        serve();
        String key = post("/keys/first/create", "{\"kty\":\"EC-HSM\",\"crv\":\"P-256\"}", 200)
                .getJsonObject("key")
                .getString("x");
        String backup = done("/backup", post("/backup", place(backups).encode(), 202))
                .getString("azureStorageBlobContainerUri");
        stop(); // and never seen again

        machine("two", backups);
        said("", "init", "--config", config());
        serve();
        assertEquals(503, send("GET", "/keys", null).statusCode(), "it serves no keys yet");
        Files.writeString(
                temporary.resolve("transfer.json"),
                send("GET", "/securitydomain/upload", null).body());
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
        post("/securitydomain/upload", Files.readString(temporary.resolve("upload.json")), 202);
        awaitUploaded();
        JsonObject restore = new JsonObject()
                .put("sasTokenParameters", place(backups))
                .put("folderToRestore", backup.substring(backup.lastIndexOf('/') + 1));
        done("/restore", json(send("PUT", "/restore", restore.encode()), 202));
        assertEquals(
                key,
                json(send("GET", "/keys/first", null), 200).getJsonObject("key").getString("x"));
        post("/keys/first/sign", "{\"alg\":\"ES256\",\"value\":\"" + "A".repeat(43) + "\"}", 200);
        stop();

        String made = Path.of(URI.create(backup)).toString();
        said("whole: 1 keys", "backup", "verify", "--config", config(), made);
        said("restored: 1 keys", "backup", "rehearse", "--config", config(), "--scratch", at("."), made);
        Files.delete(folder.at("data/witness"));
        said("accepted", "store", "accept", "--config", config());
        serve();
        JsonObject rotated = post("/securitydomain/rotaterootkey", "", 200);
        assertTrue(rotated.getLong("records") > 0, rotated.encode());
        stop();
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

    private void machine(String name, Path backups) throws Exception {
        folder = new ServeFolder(Files.createDirectory(temporary.resolve(name)))
                .append("backups:\n  folders: [" + backups + "]\n");
    }

    private String config() {
        return folder.config().toString();
    }

    private String at(String name) {
        return temporary.resolve(name).toString();
    }

    /** Runs a command, which must end well and say this. */
    private void said(String expected, String... arguments) {
        out = new StringWriter();
        err = new StringWriter();
        int status = new CommandLine(new Main())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
        assertEquals(0, status, () -> String.join(" ", arguments) + ": " + err);
        assertTrue(('\n' + out.toString()).contains(expected), () -> out + " " + err);
    }

    private static JsonObject place(Path backups) {
        return new JsonObject().put("storageResourceUri", backups.toUri().toString());
    }

    private void serve() throws Exception {
        ConfigFile read = ConfigFile.read(folder.config(), Map.of(), Instant.now());
        assertEquals(List.of(), read.faults());
        ServeConfig config = read.config();
        assertNotNull(config);
        running = ServingHsm.start(config);
        client = HttpClient.newBuilder()
                .sslContext(folder.certificate().trust(null))
                .build();
    }

    private JsonObject post(String path, String body, int status) throws Exception {
        return json(send("POST", path, body), status);
    }

    private static JsonObject json(HttpResponse<String> answer, int status) {
        assertEquals(status, answer.statusCode(), answer.body());
        return new JsonObject(answer.body());
    }

    private HttpResponse<String> send(String method, String path, @Nullable String body) throws Exception {
        HttpClient http = client;
        assertNotNull(http);
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("https://localhost:" + folder.dataPort() + path + "?api-version=7.6"))
                .header("authorization", "Bearer " + folder.token())
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (body != null && !body.isEmpty()) {
            request.header("content-type", "application/json");
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** Waits until a backup or restore has ended well. */
    private JsonObject done(String kind, JsonObject begun) throws Exception {
        JsonObject job = begun;
        List<String> seen = new ArrayList<>();
        while (job.getString("status").equals("InProgress")) {
            LockSupport.parkNanos(5_000_000);
            job = json(send("GET", kind + "/" + begun.getString("jobId") + "/pending", null), 200);
            seen.add(job.encode());
        }
        assertEquals("Succeeded", job.getString("status"), seen::toString);
        return job;
    }

    private void awaitUploaded() throws Exception {
        String status = "InProgress";
        while (status.equals("InProgress")) {
            LockSupport.parkNanos(5_000_000);
            status = json(send("GET", "/securitydomain/upload/pending", null), 200)
                    .getString("status");
        }
        assertEquals("Success", status);
    }
}
