// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every scenario runs against a real HSM with little load, and what it asserts holds. */
@Tag("slow")
class ScenariosIT {
    private static final long SECONDS_MAX = 300;
    private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();

    @TempDir
    private Path folder;

    @Test
    void everyScenarioHoldsWhatItAsserts() throws Exception {
        Path log = folder.resolve("log");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx512m",
                        "--enable-native-access=ALL-UNNAMED",
                        "--add-opens=java.base/java.lang=ALL-UNNAMED",
                        "-Dgatling.data.enableAnalytics=false",
                        "-Dlogback.configurationFile=" + PROJECT.resolve("config/logback.xml"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Load.class.getName(),
                        PROJECT.toString(),
                        "all",
                        "smoke",
                        "2")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            assertTrue(process.waitFor(SECONDS_MAX, TimeUnit.SECONDS), "it does not end");
        } finally {
            process.destroy();
        }
        String said = Files.readString(log);
        assertEquals(0, process.exitValue(), said);
        for (Scenario scenario : Scenario.values()) {
            assertTrue(said.contains(scenario.label() + " holds what it asserts"), said);
        }
        assertEquals(Scenario.values().length, said.split("Reports generated", -1).length - 1, said);
    }
}
