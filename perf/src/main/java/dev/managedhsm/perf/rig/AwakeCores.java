// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Keeps the cores from being halted, as {@code idle=poll} does: a process for each core that turns round at the system's idle priority,
 * so that it runs only where nobody else wants to. A virtual machine gives a halted core back to its host, and waits for it when the next
 * request comes. For measurements only: where the host counts what a machine takes, its disk has to wait (results.md).
 */
final class AwakeCores implements AutoCloseable {
    private static final Path COMMAND = Path.of("/usr/bin/chrt");

    /** Within this a process that may not have idle priority has ended. */
    private static final long REFUSED_MILLIS_MAX = 100;

    /** Each ends by itself when this process is no more. */
    private final List<Process> turning = new ArrayList<>();

    private AwakeCores() {}

    static AwakeCores start() throws IOException, InterruptedException {
        if (!Files.isExecutable(COMMAND)) {
            throw new IOException("chrt is not installed: install util-linux");
        }
        AwakeCores cores = new AwakeCores();
        try {
            for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
                cores.turning.add(new ProcessBuilder(
                                COMMAND.toString(), "--idle", "0", "/bin/sh", "-c", "while kill -0 $PPID; do :; done")
                        .inheritIO()
                        .start());
            }
            for (Process process : cores.turning) {
                if (process.waitFor(REFUSED_MILLIS_MAX, TimeUnit.MILLISECONDS)) {
                    throw new IOException("a process of idle priority ended with status " + process.exitValue());
                }
            }
        } catch (IOException | InterruptedException e) {
            cores.close();
            throw e;
        }
        return cores;
    }

    @Override
    public void close() {
        turning.forEach(Process::destroyForcibly);
    }
}
