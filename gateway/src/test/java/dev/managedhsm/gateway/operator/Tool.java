// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.operator;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A program of this machine that reads what is in {@code config}.
 *
 * @param name what it is called on the PATH
 */
record Tool(String name) {
    /** The folder of what an operator reads. */
    static final Path CONFIG = Path.of("..", "config").toAbsolutePath().normalize();

    private static final int LIMIT_SECONDS = 300;

    /** How a program ended: its status, and all it wrote. */
    record Ended(int status, String output) {}

    /** Skips a test on a machine that has not got it; {@code .ci/run} sees to it that there is one. */
    Tool orSkip() {
        assumeTrue(
                Arrays.stream(System.getenv("PATH").split(":"))
                        .anyMatch(folder -> Files.isExecutable(Path.of(folder, name))),
                name + " is not on this machine");
        return this;
    }

    /** Runs it to its end in the folder {@code config}. */
    Ended run(List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(name));
        command.addAll(arguments);
        Path output = Files.createTempFile(name, ".out");
        try {
            Process process = new ProcessBuilder(command)
                    .directory(CONFIG.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            try {
                assertTrue(process.waitFor(LIMIT_SECONDS, SECONDS), () -> "still runs: " + command);
                return new Ended(process.exitValue(), Files.readString(output));
            } finally {
                process.destroyForcibly();
            }
        } finally {
            Files.delete(output);
        }
    }

    /** The same for a few words. */
    Ended run(String... arguments) throws IOException, InterruptedException {
        return run(List.of(arguments));
    }
}
