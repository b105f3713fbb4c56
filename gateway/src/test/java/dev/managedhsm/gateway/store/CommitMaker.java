// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;

/** A process that commits two records at a time, and says in a file of the same folder how many times it has. */
final class CommitMaker {
    private CommitMaker() {}

    /** Commits; takes the data folder, how often, and whether the store promises less. */
    public static void main(String[] arguments) throws IOException, SQLException {
        Path folder = Path.of(arguments[0]);
        SqliteStore store = SqliteStore.open(folder);
        if (Boolean.parseBoolean(arguments[2])) {
            store.forceLess();
        }
        try (OutputStream said =
                Files.newOutputStream(folder.resolve("said"), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            for (int i = 1; i <= Integer.parseInt(arguments[1]); i++) {
                byte[] value = ("value " + i + " ").repeat(1 + i % 80).getBytes(StandardCharsets.US_ASCII);
                Transaction two = new Transaction(
                        UUID.randomUUID().toString(),
                        List.of(),
                        List.of(
                                new Transaction.Put("a", Integer.toString(i), value),
                                new Transaction.Put("b", Integer.toString(i), value)));
                if (!(store.commit(two) instanceof Commit.Committed)) {
                    throw new IllegalStateException("a commit was not made");
                }
                said.write('.');
            }
        }
        store.close();
    }
}
