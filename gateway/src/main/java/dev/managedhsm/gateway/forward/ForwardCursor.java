// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.forward;

import dev.managedhsm.gateway.audit.AuditRefused;
import dev.managedhsm.gateway.audit.DurableFile;
import dev.managedhsm.gateway.evidence.EventPages;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/**
 * Remembers durably which events were confirmed, and of which log: a file of the log's folder with one line. Used by one thread.
 *
 * <pre>
 *   4711 qINS1GRFWMGbSnrh5GF5Hbjl2W9OG+ORYjPwOoRdLuU=     index of the first event that was not, leaf hash of the one before
 * </pre>
 */
final class ForwardCursor {
    /** The file's name. */
    static final String FILE = "forward.cursor";

    private final Path folder;
    private final EventPages events;

    /**
     * @param folder the log's folder
     * @param events reads it
     */
    ForwardCursor(Path folder, EventPages events) {
        this.folder = folder;
        this.events = events;
    }

    /**
     * Index of the first event that was not confirmed; 0 if nothing is remembered, so that nothing is left out.
     *
     * @param durable how many events the log has
     * @throws AuditRefused if the log is not the one whose events were confirmed; one that is shorter cannot be told apart
     */
    long read(long durable) throws IOException, AuditRefused {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            return 0;
        }
        String[] words =
                Files.readString(file, StandardCharsets.US_ASCII).strip().split(" ", 2);
        long next;
        try {
            next = Math.max(0, Long.parseLong(words[0]));
        } catch (NumberFormatException damaged) {
            return 0; // what was sent before is sent again
        }
        boolean bound = words.length == 2; // versions before this one wrote the number alone
        if (bound && next > 0 && next <= durable && !words[1].equals(leaf(next - 1))) {
            throw new AuditRefused("the audit log in " + folder + " is not the one of which " + next
                    + " events were forwarded: event " + (next - 1) + " is another one; put the newest files back, or"
                    + " remove " + FILE + " there to have everything forwarded that the log has");
        }
        return next;
    }

    /** Remembers; a crash leaves the line of before or this one. */
    void write(long next) throws IOException {
        DurableFile.replace(folder.resolve(FILE), next + (next > 0 ? " " + leaf(next - 1) : "") + "\n");
    }

    private String leaf(long index) throws IOException {
        return Base64.getEncoder().encodeToString(events.leafHash(index));
    }
}
