// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Starts a class of the tests as a process of its own. */
final class Child {
    /** How a line begins that is no log. */
    static final String SAYS = "> ";

    private Child() {}

    /** What the next line says that is no log, or null at the end. */
    static @Nullable String says(BufferedReader lines) throws IOException {
        String line = lines.readLine();
        while (line != null && !line.startsWith(SAYS)) {
            line = lines.readLine();
        }
        return line == null ? null : line.substring(SAYS.length());
    }

    static Process start(Class<?> main, String... arguments) throws IOException {
        return start(List.of(), main, arguments);
    }

    /**
     * Starts it, with what it says kept in a file, which has all of it also when the process was killed: the end of a pipe is
     * read by two threads of the JDK, and lines may be lost between them.
     */
    static Process startInto(Path said, Class<?> main, String... arguments) throws IOException {
        return of(List.of(), main, arguments).redirectOutput(said.toFile()).start();
    }

    /** Starts it by a command that runs the rest of its arguments. */
    static Process start(List<String> before, Class<?> main, String... arguments) throws IOException {
        return of(before, main, arguments).start();
    }

    private static ProcessBuilder of(List<String> before, Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>(before);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", // it does not live long
                "--enable-native-access=ALL-UNNAMED",
                "--illegal-native-access=deny",
                "-cp"));
        command.add(System.getProperty("java.class.path"));
        command.add(main.getName());
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    }
}
