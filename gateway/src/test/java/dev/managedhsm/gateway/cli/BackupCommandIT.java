// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A look at a backup and a decision about a store, from the command line, while the HSM is not running. */
class BackupCommandIT {
    @TempDir
    private Path folder;

    private Path data;
    private Path backup;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void backUp() {
        data = folder.resolve("hsm");
        try (RunningHsm hsm = RunningHsm.start(data, 0)) {
            hsm.client().create("one", new JsonObject().put("kty", "EC"));
            hsm.client().create("one", new JsonObject().put("kty", "EC"));
            hsm.client().create("two", new JsonObject().put("kty", "oct"));
            Path to = data.resolve("backups");
            Answer begun = hsm.client()
                    .post(
                            "/backup",
                            new JsonObject()
                                    .put("storageResourceUri", to.toUri().toString()));
            String status = URI.create(begun.header("azure-asyncoperation")).getPath();
            JsonObject job = hsm.client().get(status).ok();
            while (job.getString("status").equals("InProgress")) {
                job = hsm.client().get(status).ok();
            }
            backup = Path.of(URI.create(job.getString("azureStorageBlobContainerUri")));
        }
    }

    private int run(String... arguments) {
        return new CommandLine(new Main())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }

    @Test
    void verifySaysWhatABackupHolds() {
        assertEquals(0, run("backup", "verify", "--data", data.toString(), backup.toString()), err::toString);
        assertTrue(out.toString().contains("whole: 2 keys, 0 deleted keys, 3 versions, "), out.toString());
    }

    @Test
    void verifyNamesWhatIsNotAsItWasWritten() throws IOException {
        Path part = backup.resolve("records-00001");
        byte[] bytes = Files.readAllBytes(part);
        bytes[bytes.length - 1] ^= 1;
        Files.write(part, bytes);

        assertEquals(1, run("backup", "verify", "--data", data.toString(), backup.toString()));
        assertTrue(err.toString().contains("The backup's records-00001 is not as it was written"), err.toString());
    }

    @Test
    void rehearsalReportsKeysVersionsAndTimeAndLeavesNothing() throws IOException {
        Path scratch = Files.createDirectory(folder.resolve("scratch"));
        assertEquals(
                0,
                run(
                        "backup",
                        "rehearse",
                        "--data",
                        data.toString(),
                        "--scratch",
                        scratch.toString(),
                        backup.toString()),
                err::toString);
        assertTrue(
                out.toString().contains("restored: 2 keys, 0 deleted keys, 3 versions that all work, "),
                out.toString());
        assertTrue(out.toString().contains(" ms to restore and open, "), out.toString());
        try (var left = Files.list(scratch)) {
            assertEquals(0, left.count());
        }
    }

    @Test
    void saysWhatIsMissing() {
        assertEquals(1, run("backup", "verify", "--data", data.toString(), folder.toString()));
        assertTrue(err.toString().contains("There is no manifest"), err.toString());
        assertEquals(2, run("backup", "verify", backup.toString()));
        assertEquals(2, run("backup"));
        assertEquals(2, run("store"));
    }

    @Test
    void acceptBelievesTheStoreWhoseWitnessIsLost() throws IOException {
        Files.delete(data.resolve("data/witness"));

        assertEquals(0, run("store", "accept", "--data", data.toString()), err::toString);
        assertTrue(out.toString().contains("accepted: the store at revision"), out.toString());
        try (RunningHsm hsm = RunningHsm.start(data, 0)) {
            hsm.client().get("/keys/two").ok();
        }
    }
}
