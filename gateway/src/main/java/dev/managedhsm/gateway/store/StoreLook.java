// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * A look at the store of a data folder, also while an HSM of another process uses it: keeps nobody from writing, and changes
 * nothing that is stored. Where no process uses it, empty files may stay beside it that SQLite makes for readers. Every snapshot
 * sees one revision. Any thread that may block.
 */
public final class StoreLook implements Store {
    private static final String ONLY_LOOKED_AT = "the store is only looked at";

    private final Path folder;

    private StoreLook(Path folder) {
        this.folder = folder;
    }

    /**
     * Looks at a store.
     *
     * @param folder the data folder
     * @throws StoreRefused if there is no store
     */
    public static StoreLook at(Path folder) {
        if (!SqliteStore.used(folder)) {
            throw new StoreRefused("the folder " + folder + " has no store");
        }
        return new StoreLook(folder);
    }

    @Override
    public long head() {
        try (Snapshot snapshot = snapshot()) {
            return snapshot.revision();
        }
    }

    @Override
    public Commit commit(Transaction transaction) {
        return new Commit.NotCommitted(ONLY_LOOKED_AT);
    }

    @Override
    public Commit settle(String operation) {
        return new Commit.NotCommitted(ONLY_LOOKED_AT);
    }

    @Override
    public Snapshot snapshot() {
        try {
            Connection connection = SqliteConnections.openLook(folder);
            try {
                return new SqliteSnapshot(connection);
            } catch (SQLException e) {
                connection.close();
                throw e;
            }
        } catch (SQLException e) {
            throw new StoreRefused("the store in " + folder + " cannot be read: run this as the user who runs the HSM");
        }
    }

    @Override
    public StoreHealth health() {
        return new StoreHealth("SQLite file in " + folder + ", looked at", head(), null);
    }

    @Override
    public void close() {}
}
