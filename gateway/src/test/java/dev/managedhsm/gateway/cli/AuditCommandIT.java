// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.gateway.evidence.AuditVerifier;
import dev.managedhsm.gateway.evidence.Trust;
import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What {@code hsm audit} says of the log of an HSM that runs, and of one that somebody has changed. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuditCommandIT {
    @TempDir
    static Path folder;

    private RunningHsm hsm;
    private Path audit;
    private Instant begin;
    private Instant end;

    @BeforeAll
    void live() throws Exception {
        hsm = RunningHsm.start(folder.resolve("hsm"), 0);
        audit = folder.resolve("hsm/data/audit");
        create("before");
        create("gone");
        String first = assign();
        begin = moment();
        create("during");
        hsm.client().post("/keys/before/rotate", "{}").ok();
        hsm.client().delete("/keys/gone").ok();
        hsm.client().delete(first).ok();
        String second = assign();
        end = moment();
        create("after");
        hsm.client().delete(second).ok();
        hsm.client().delete("/keys/before").ok();
        awaitSigned();
    }

    private void awaitSigned() throws IOException, InterruptedException {
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (AuditVerifier.verify(audit, Trust.NOTHING).unsigned() > 0) {
            assertTrue(System.nanoTime() < endNanos, "it is not signed");
            LockSupport.parkNanos(50_000_000);
        }
    }

    @AfterAll
    void stop() {
        RunningHsm.end(hsm);
    }

    private void create(String name) {
        hsm.client().create(name, new JsonObject().put("kty", "EC-HSM").put("crv", "P-256"));
    }

    private String assign() {
        String path = "/providers/Microsoft.Authorization/roleAssignments/" + UUID.randomUUID();
        Answer answer = hsm.client()
                .put(
                        path,
                        new JsonObject()
                                .put(
                                        "properties",
                                        new JsonObject()
                                                .put(
                                                        "principalId",
                                                        UUID.randomUUID().toString())
                                                .put(
                                                        "roleDefinitionId",
                                                        "Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/"
                                                                + BuiltInRoles.CRYPTO_AUDITOR.id())));
        assertEquals(201, answer.status(), answer.body());
        return path;
    }

    /** A millisecond in which nothing is recorded. */
    private static Instant moment() throws InterruptedException {
        long millis = System.currentTimeMillis();
        while (System.currentTimeMillis() <= millis) {
            Thread.onSpinWait();
        }
        Instant moment = Instant.ofEpochMilli(System.currentTimeMillis());
        while (System.currentTimeMillis() <= moment.toEpochMilli()) {
            Thread.onSpinWait();
        }
        return moment;
    }

    private record Said(int status, String text) {}

    private static Said say(String... arguments) {
        StringWriter text = new StringWriter();
        CommandLine line = new CommandLine(new AuditCommand())
                .setOut(new PrintWriter(text))
                .setErr(new PrintWriter(text));
        int status = line.execute(arguments);
        return new Said(status, text.toString());
    }

    private Path copy(String name) throws IOException {
        Path copy = Files.createDirectory(folder.resolve(name));
        try (Stream<Path> files = Files.list(audit)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(file.getFileName()));
            }
        }
        return copy;
    }

    private static List<String> lines(Path file) throws IOException {
        String text = Files.readString(file);
        int zeros = text.indexOf('\0');
        return new ArrayList<>(
                (zeros < 0 ? text : text.substring(0, zeros)).lines().toList());
    }

    private static void write(Path file, List<String> lines) throws IOException {
        Files.writeString(file, String.join("\n", lines) + "\n");
    }

    @Test
    void logOfARunningHsmIsWhole() {
        Said said = say("verify", audit.toString());
        assertEquals(0, said.status(), said.text());
        assertTrue(said.text().contains("whole: "), said.text());
    }

    /** A log whose lines were changed is not whole, and what is said first begins so. */
    private void assertNamed(String name, Consumer<List<String>> change, String begins) throws IOException {
        Path copy = copy(name);
        Path events = copy.resolve("events-0000000000000000.jsonl");
        List<String> lines = lines(events);
        change.accept(lines);
        write(events, lines);
        Said said = say("verify", copy.toString());
        assertEquals(1, said.status(), said.text());
        assertTrue(said.text().startsWith("events-0000000000000000.jsonl " + begins), said.text());
    }

    @Test
    void flippedByteIsNamed() throws IOException {
        assertNamed(
                "flipped",
                lines -> lines.set(4, lines.get(4).replace("\"resultType\":\"Success\"", "\"resultType\":\"Succesc\"")),
                "line 5 (event 4): ALTERED: ");
    }

    @Test
    void removedLineIsNamed() throws IOException {
        assertNamed("removed", lines -> lines.remove(3), "line 4 (event 3): MISSING: ");
    }

    @Test
    void swappedLinesAreNamed() throws IOException {
        assertNamed("swapped", lines -> Collections.swap(lines, 2, 5), "line 3 (event 2): REORDERED: ");
    }

    @Test
    void evidenceOfAPeriodSaysWhatThereWasAtBothEnds() throws IOException {
        Path pack = folder.resolve("pack.zip");
        Said taken = say(
                "export",
                "--data",
                folder.resolve("hsm").toString(),
                "--from",
                begin.toString(),
                "--to",
                end.toString(),
                "--format=cef",
                "--out",
                pack.toString());
        assertEquals(0, taken.status(), taken.text());
        assertFalse(taken.text().contains("note:"), taken.text());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(pack)));
        Said verified = say("verify", "--key", audit.resolve("keys.txt").toString(), pack.toString());
        assertEquals(0, verified.status(), verified.text());
        try (ZipFile zip = new ZipFile(pack.toFile())) {
            JsonObject from = json(zip, "keys-from.json").getJsonObject("keys");
            JsonObject to = json(zip, "keys-to.json").getJsonObject("keys");
            assertEquals(Set.of("before", "gone"), from.fieldNames());
            assertEquals(Set.of("before", "gone", "during"), to.fieldNames());
            assertEquals(
                    1, from.getJsonObject("before").getJsonObject("versions").size());
            assertEquals(2, to.getJsonObject("before").getJsonObject("versions").size());
            assertFalse(from.getJsonObject("gone").containsKey("deletedSeconds"));
            assertTrue(to.getJsonObject("gone").containsKey("deletedSeconds"));
            assertFalse(to.getJsonObject("before").containsKey("deletedSeconds"), "it was deleted later");
            JsonObject drift = json(zip, "drift.json");
            assertEquals(
                    Set.of("during"),
                    drift.getJsonObject("keys").getJsonObject("added").fieldNames());
            assertEquals(
                    1, drift.getJsonObject("assignments").getJsonObject("added").size());
            assertEquals(
                    1,
                    drift.getJsonObject("assignments").getJsonObject("removed").size());
            JsonObject removed = drift.getJsonObject("assignments").getJsonObject("removed");
            JsonObject one =
                    removed.getJsonObject(removed.fieldNames().iterator().next());
            assertEquals(BuiltInRoles.CRYPTO_AUDITOR.id().toString(), one.getString("roleDefinitionId"));
            String events = text(zip, "events.jsonl");
            assertTrue(events.contains("KeyRotate") && !events.contains("\"keyName\":\"after\""), events);
        }
        Said again = say(
                "export",
                "--data",
                folder.resolve("hsm").toString(),
                "--from",
                begin.toString(),
                "--to",
                end.toString(),
                "--out",
                pack.toString());
        assertEquals(1, again.status());
        assertTrue(again.text().contains("is there already"), again.text());
        byte[] bytes = Files.readAllBytes(pack);
        bytes[bytes.length / 2] ^= 1;
        Files.write(pack, bytes);
        assertEquals(1, say("verify", pack.toString()).status());
    }

    @Test
    void aKeptCheckpointThatAPackDoesNotReachCannotBeCompared() throws Exception {
        Path pack = folder.resolve("short.zip");
        String data = folder.resolve("hsm").toString();
        Said taken = say(
                "export", "--data", data, "--from", begin.toString(), "--to", end.toString(), "--out", pack.toString());
        assertEquals(0, taken.status(), taken.text());
        create("later"); // behind every checkpoint that the pack can hold
        awaitSigned();
        String[] signed = Files.readString(audit.resolve("checkpoints.txt"))
                .stripTrailing()
                .split("\n\n", -1);
        Path kept = Files.writeString(
                folder.resolve("kept.txt"), signed[signed.length - 2] + "\n\n" + signed[signed.length - 1] + "\n");
        Said other = say("verify", "--checkpoint", kept.toString(), pack.toString());
        assertEquals(2, other.status(), other.text());
        assertTrue(other.text().contains("cannot be compared with this pack"), other.text());
    }

    @Test
    void refusesAPeriodThatIsNone() {
        Said said =
                say("export", "--data", folder.resolve("hsm").toString(), "--from", "2026-03-02", "--to", "2026-03-01");
        assertEquals(1, said.status());
        assertTrue(said.text().contains("--from must be before --to"), said.text());
        Said odd = say("export", "--data", folder.resolve("hsm").toString(), "--from", "monday", "--to", "2026-03-01");
        assertEquals(1, odd.status());
        assertTrue(odd.text().contains("monday is no time"), odd.text());
    }

    private static JsonObject json(ZipFile zip, String name) throws IOException {
        return new JsonObject(text(zip, name));
    }

    private static String text(ZipFile zip, String name) throws IOException {
        return new String(zip.getInputStream(zip.getEntry(name)).readAllBytes(), StandardCharsets.UTF_8);
    }
}
