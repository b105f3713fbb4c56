// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs programs in an environment that a test made, and nothing of the machine's.
 *
 * @param folder where a program runs and its output is kept
 * @param environment all variables it sees
 */
record Shell(Path folder, Map<String, String> environment) {
    private static final int LIMIT_SECONDS = 60;

    /** How a program ended. */
    record Ended(int status, String out, String err) {}

    /** The same with one variable more. */
    Shell with(String name, String value) {
        Map<String, String> more = new HashMap<>(environment);
        more.put(name, value);
        return new Shell(folder, Map.copyOf(more));
    }

    /** Starts a program; its output goes to the files. */
    Process start(Path out, Path err, String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** Runs a program to its end. */
    Ended run(String... command) throws IOException, InterruptedException {
        Path out = Files.createTempFile("out", "");
        Path err = Files.createTempFile("err", "");
        try {
            Process process = start(out, err, command);
            assertTrue(process.waitFor(LIMIT_SECONDS, SECONDS), () -> "still runs: " + Arrays.toString(command));
            return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    /** Makes a folder that leads to the machine's own tools, so that a PATH can hold these and nothing else. */
    static Path tools(Path folder, String... names) throws IOException {
        Files.createDirectories(folder);
        for (String name : names) {
            List<Path> found = Arrays.stream(System.getenv("PATH").split(":"))
                    .map(place -> Path.of(place, name))
                    .filter(Files::isExecutable)
                    .toList();
            if (!found.isEmpty()) {
                Path file = folder.resolve(name);
                Files.writeString(file, "#!/bin/sh\nexec '" + found.getFirst() + "' \"$@\"\n");
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }
        return folder;
    }

    /** Writes a script of bash. */
    static void script(Path file, String text) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, "#!/usr/bin/env bash\n" + text + "\n", UTF_8);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
