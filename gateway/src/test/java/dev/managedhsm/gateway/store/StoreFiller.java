// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/** A process that commits until a commit is not made, and prints how that one and the next end. */
final class StoreFiller {
    private StoreFiller() {}

    /** Fills the store; takes the data folder. */
    public static void main(String[] arguments) {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.US_ASCII);
        Store store = SqliteStore.open(Path.of(arguments[0]));
        long committed = 0;
        Commit end = commit(store, committed);
        while (end instanceof Commit.Committed && committed < 10_000) {
            committed++;
            end = commit(store, committed);
        }
        out.println(Child.SAYS + committed);
        out.println(Child.SAYS + end.getClass().getSimpleName());
        out.println(Child.SAYS + commit(store, committed).getClass().getSimpleName());
        out.println(Child.SAYS + store.health().failure());
        store.close();
    }

    private static Commit commit(Store store, long number) {
        Transaction.Put put = new Transaction.Put("n", "%09d".formatted(number), new byte[50_000]);
        return store.commit(new Transaction(UUID.randomUUID().toString(), List.of(), List.of(put)));
    }
}
