// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An HSM whose root key is being replaced is killed at any moment, and opens with all its keys every time. {@code
 * -Dkill.cycles=50} kills so often.
 */
@Tag("slow")
class KillRotationIT {
    private static final int CYCLES = Integer.getInteger("kill.cycles", 3);
    private static final int KEYS = 5;

    @TempDir
    private Path folder;

    @Test
    void opensWithAllKeysWhereverTheChangeOfTheRootKeyWasCutOff() throws Exception {
        Random random = new Random(7);
        int rotated = 0;
        for (int cycle = 0; cycle <= CYCLES; cycle++) {
            Process process = start();
            try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
                awaitReady(out);
                try (RunningHsm hsm = RunningHsm.of(() -> {}, folder.resolve("hsm"))) {
                    checkKeys(hsm.client(), cycle == 0);
                    if (cycle < CYCLES) {
                        rotated += rotateUntilKilled(hsm, process, random.nextInt(20, 900));
                    }
                }
            } finally {
                process.destroyForcibly().waitFor();
            }
        }
        assertTrue(rotated > 0, "no change of the root key came to its end");
    }

    private static void checkKeys(RawClient client, boolean first) {
        JsonObject digest = new JsonObject().put("alg", "ES256").put("value", "A".repeat(43));
        for (int i = 0; i < KEYS; i++) {
            if (first) {
                client.create("key" + i, new JsonObject().put("kty", "EC-HSM").put("crv", "P-256"));
            }
            client.post("/keys/key" + i + "/sign", digest).ok();
        }
    }

    /** Answers how many changes were acknowledged before the process was gone. */
    private static int rotateUntilKilled(RunningHsm hsm, Process process, int afterMillis) throws InterruptedException {
        int[] done = new int[1];
        Thread rotator = Thread.ofPlatform().start(() -> {
            try {
                while (true) {
                    hsm.client()
                            .post("/securitydomain/rotaterootkey", new JsonObject())
                            .ok();
                    done[0]++;
                }
            } catch (IllegalStateException | AssertionError gone) {
                // killed
            }
        });
        TimeUnit.MILLISECONDS.sleep(afterMillis);
        process.destroyForcibly().waitFor();
        rotator.join();
        return done[0];
    }

    private Process start() throws IOException {
        return new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx192m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1", // it does not live long
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        HsmUnderScan.class.getName(),
                        folder.resolve("hsm").toString()))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private static void awaitReady(BufferedReader out) throws IOException {
        String line = out.readLine();
        while (line != null && !line.equals("> ready")) {
            line = out.readLine();
        }
        assertEquals("> ready", line, "it opens");
    }
}
