// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.forward;

import dev.managedhsm.gateway.audit.DurableFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Remembers durably which events were confirmed: one number in a file of the log's folder. Used by one thread. */
final class ForwardCursor {
    /** The file's name. */
    static final String FILE = "forward.cursor";

    private final Path folder;

    ForwardCursor(Path folder) {
        this.folder = folder;
    }

    /** Index of the first event that was not confirmed; 0 if nothing is remembered, so that nothing is left out. */
    long read() throws IOException {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            return 0;
        }
        try {
            return Math.max(
                    0,
                    Long.parseLong(
                            Files.readString(file, StandardCharsets.US_ASCII).strip()));
        } catch (NumberFormatException damaged) {
            return 0; // what was sent before is sent again
        }
    }

    /** Remembers; a crash leaves the number of before or this one. */
    void write(long next) throws IOException {
        DurableFile.replace(folder.resolve(FILE), next + "\n");
    }
}
