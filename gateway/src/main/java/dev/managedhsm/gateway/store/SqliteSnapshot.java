// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A read transaction on a connection of its own: it sees one state of the database until it is closed. */
final class SqliteSnapshot implements Snapshot {
    private final Connection connection;
    private final long revision;

    /** @param connection fresh, and closed with the snapshot */
    SqliteSnapshot(Connection connection) throws SQLException {
        this.connection = connection;
        SqliteConnections.execute(connection, "BEGIN");
        this.revision = SqliteConnections.number(connection, "SELECT revision FROM head"); // fixes what is seen
    }

    @Override
    public long revision() {
        return revision;
    }

    @Override
    public @Nullable StoredRecord find(String namespace, String key) {
        try (PreparedStatement select =
                connection.prepareStatement("SELECT value, revision FROM record WHERE namespace = ? AND key = ?")) {
            select.setString(1, namespace);
            select.setString(2, key);
            try (ResultSet rows = select.executeQuery()) {
                return rows.next() ? new StoredRecord(namespace, key, rows.getBytes(1), rows.getLong(2)) : null;
            }
        } catch (SQLException e) {
            throw unreadable();
        }
    }

    @Override
    public void forEach(String namespace, Consumer<StoredRecord> consumer) {
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT key, value, revision FROM record WHERE namespace = ? ORDER BY key")) {
            select.setString(1, namespace);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    consumer.accept(new StoredRecord(namespace, rows.getString(1), rows.getBytes(2), rows.getLong(3)));
                }
            }
        } catch (SQLException e) {
            throw unreadable();
        }
    }

    private static StoreRefused unreadable() {
        return new StoreRefused("the store cannot be read: check the disk, or restore the store from a backup");
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw unreadable();
        }
    }
}
