// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.budget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a command in openssl's place that says it makes as many signatures as we want. */
class OpensslRatioTest {
    private static final Path BUDGETS = Path.of("budgets/ratios.properties");

    @TempDir
    private Path folder;

    @Test
    @Tag("slow")
    void keepsEveryBudgetOfASlowReferenceAndMissesThoseOfAFastOne() throws IOException {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        assertTrue(run(1, printed));
        assertTrue(printed.toString(StandardCharsets.UTF_8).contains("every budget is kept"));
        assertEquals(false, run(1_000_000_000, printed));
        assertTrue(printed.toString(StandardCharsets.UTF_8)
                .contains("missed: es256.engine, es256.ring, rs256-2048.engine, rs256-2048.ring"));
    }

    @Test
    void readsTheSignaturesOfTheMachineReadableReport() throws IOException {
        OpensslSpeed openssl = new OpensslSpeed(command(1200, "0.60").toString());
        assertEquals(2000, openssl.signatures("rsa2048").perCpuSecond(), 1e-6);
    }

    @Test
    void repeatsARunThatGotTooLittleOfTheCore() throws IOException {
        OpensslSpeed openssl = new OpensslSpeed(command(100, "0.10").toString());
        openssl.signatures("ecdsap256");
        assertEquals("1\n5\n", Files.readString(folder.resolve("seconds")));
    }

    @Test
    void refusesACommandThatTellsNothing() throws IOException {
        OpensslSpeed openssl = new OpensslSpeed("true");
        assertThrows(IOException.class, () -> openssl.signatures("ecdsap256"));
    }

    private boolean run(int signatures, ByteArrayOutputStream printed) throws IOException {
        OpensslSpeed openssl = new OpensslSpeed(command(signatures, "1.00").toString());
        PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
        List<OpensslRatio.Pair> pairs = List.of(OpensslRatio.Pair.ES256, OpensslRatio.Pair.RS256_2048);
        return new OpensslRatio(openssl, pairs, Budgets.read(BUDGETS), 1, 1, out).run();
    }

    private Path command(int signatures, String cpuSeconds) throws IOException {
        String script = """
                #!/bin/sh
                echo "$4" >> '%s'
                echo 'Doing 256 bits sign ecdsa ops'
                echo '+R5:%d:256:%s'
                echo '+R6:1:256:1.00'
                """.formatted(folder.resolve("seconds"), signatures, cpuSeconds);
        Path command = folder.resolve("reference");
        Files.writeString(command, script);
        return Files.setPosixFilePermissions(command, PosixFilePermissions.fromString("rwx------"));
    }
}
