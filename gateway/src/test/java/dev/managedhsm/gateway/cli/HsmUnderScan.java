// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.managedhsm.crypto.foreign.CLibrary;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * A development HSM in a process of its own whose memory is looked at: does what its standard input says, and answers each
 * line with one that begins with {@code > }.
 */
final class HsmUnderScan {
    private HsmUnderScan() {}

    /**
     * Runs until its input ends.
     *
     * @param arguments the folder
     */
    @SuppressWarnings("SystemOut") // the test reads it
    public static void main(String[] arguments) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (AutoCloseable hsm = DevStart.start(Path.of(arguments[0]), "localhost", 0)) {
            System.out.println("> ready");
            for (String line = in.readLine(); line != null && hsm != null; line = in.readLine()) {
                System.out.println("> " + done(line));
            }
        }
        System.exit(0);
    }

    private static String done(String line) throws IOException, JMException {
        String[] words = line.split(" ", 2);
        return switch (words[0]) {
            case "open" -> "error " + CLibrary.dumpable(true); // so that a test without privileges can look
            case "where" -> heap().replaceAll("\\s+", " ");
            case "dump" -> {
                ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                        .dumpHeap(words[1], false);
                yield "dumped";
            }
            default -> "what?";
        };
    }

    private static String heap() throws JMException {
        Object text = ManagementFactory.getPlatformMBeanServer()
                .invoke(
                        new ObjectName("com.sun.management:type=DiagnosticCommand"),
                        "gcHeapInfo",
                        new Object[] {},
                        new String[] {});
        return String.valueOf(text);
    }
}
