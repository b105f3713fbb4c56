// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.StartRefused;
import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.RunningHsm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** An HSM looks whether its audit log is still what its sealed store says, and is told when it may go on without. */
class AuditSealIT {
    @TempDir
    Path folder;

    private Path audit;
    private Path events;

    @BeforeEach
    void recordSomething() {
        audit = folder.resolve("data/audit");
        events = audit.resolve("events-0000000000000000.jsonl");
        try (RunningHsm hsm = RunningHsm.start(folder, 0)) {
            hsm.client().get("/keys");
            Answer answer = hsm.client().send(hsm.client().request("/keys").header("x-hsm-audit-receipt", "1"));
            String receipt = answer.header("x-hsm-audit-receipt");
            String checkpoint = receipt.substring(receipt.indexOf(";checkpoint=") + 12);
            String text = new String(Base64.getDecoder().decode(checkpoint), StandardCharsets.UTF_8);
            assertTrue(receipt.startsWith("index=1;leaf="), receipt);
            assertTrue(text.startsWith("localhost:" + hsm.port() + "/audit\n2\n"), text);
            hsm.client().get("/keys");
        }
    }

    private String refused() {
        return assertThrows(
                        StartRefused.class, () -> RunningHsm.start(folder, 0).close())
                .sentence();
    }

    private void goesOn(int first) throws IOException {
        try (RunningHsm hsm = RunningHsm.start(folder, 0)) {
            Answer answer = hsm.client().send(hsm.client().request("/keys").header("x-hsm-audit-receipt", "1"));
            assertTrue(answer.header("x-hsm-audit-receipt").startsWith("index=" + first + ";"));
        }
    }

    private int accept() {
        return new CommandLine(new AuditAcceptCommand()).execute("--data", folder.toString());
    }

    @Test
    void goesOnWithALogThatIsAsItWas() throws IOException {
        goesOn(3);
        assertFalse(Files.readString(audit.resolve("checkpoints.txt")).isEmpty());
    }

    @Test
    void refusesAnAlteredLogUntilItIsAccepted() throws IOException {
        byte[] bytes = Files.readAllBytes(events);
        bytes[bytes.length / 2] ^= 1;
        Files.write(events, bytes);
        String sentence = refused();
        assertTrue(sentence.contains("was altered") && sentence.contains("hsm audit accept"), sentence);
        assertEquals(0, accept());
        goesOn(3);
        try (var kept = Files.newDirectoryStream(audit, "checkpoints.refused-*.txt")) {
            assertTrue(kept.iterator().hasNext(), "what it does not fit any more is kept");
        }
    }

    @Test
    void refusesAShortenedLogUntilItIsAccepted() throws IOException {
        String text = Files.readString(events);
        Files.writeString(events, text.substring(0, text.indexOf('\n') + 1));
        String sentence = refused();
        assertTrue(sentence.contains("has 1 events and had 3"), sentence);
        assertEquals(0, accept());
        goesOn(1);
    }

    @Test
    void refusesWhenCheckpointsAreMissing() throws IOException {
        Path checkpoints = audit.resolve("checkpoints.txt");
        byte[] bytes = Files.readAllBytes(checkpoints);
        Files.write(checkpoints, Arrays.copyOf(bytes, bytes.length - 5));
        String sentence = refused();
        assertTrue(sentence.contains("checkpoints") && sentence.contains("shortened"), sentence);
        assertEquals(0, accept());
        goesOn(3);
    }
}
