// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.budget;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Runs {@code openssl speed} and reads how many signatures it made per second of its own CPU time. The child process
 * inherits the core that the calling thread is pinned to.
 *
 * <p>The command's clock ticks every 10 ms, so a run that got less than half a second of CPU is repeated for longer.
 */
public final class OpensslSpeed {
    private static final double CPU_SECONDS_MIN = 0.5;
    private static final int SECONDS_MAX = 10;

    private final String command;

    /**
     * Runs nothing yet.
     *
     * @param command the program, by name or path
     */
    public OpensslSpeed(String command) {
        this.command = command;
    }

    /** What the program says of itself. */
    String version() throws IOException {
        Process process =
                new ProcessBuilder(command, "version").redirectErrorStream(true).start();
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            return String.valueOf(lines.readLine());
        }
    }

    /**
     * Measures signing.
     *
     * @param algorithm as the command calls it, such as {@code ecdsap256}
     * @return signatures per second of CPU time
     */
    public Rate signatures(String algorithm) throws IOException {
        Rate rate = run(algorithm, 1);
        if (rate.cpuSeconds() < CPU_SECONDS_MIN) {
            double share = Math.max(rate.cpuSeconds(), 0.05);
            rate = run(algorithm, (int) Math.min(SECONDS_MAX, Math.ceil(CPU_SECONDS_MIN / share)));
        }
        return rate;
    }

    /** Reads up to the signatures' line and ends the program there: it would go on to verify. */
    private Rate run(String algorithm, int seconds) throws IOException {
        List<String> line = List.of(command, "speed", "-mr", "-seconds", Integer.toString(seconds), algorithm);
        long startNanos = System.nanoTime();
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            String text;
            while ((text = lines.readLine()) != null) {
                // RSA signatures are R1, ECDSA signatures R5: count, bits, seconds.
                if (text.startsWith("+R1:") || text.startsWith("+R5:")) {
                    String[] parts = text.split(":", -1);
                    return Rate.of(Long.parseLong(parts[1]), Double.parseDouble(parts[3]), startNanos);
                }
            }
            throw new IOException("`" + String.join(" ", line) + "` told no number of signatures");
        } finally {
            process.destroy();
        }
    }
}
