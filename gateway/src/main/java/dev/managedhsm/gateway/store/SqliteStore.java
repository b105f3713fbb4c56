// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * A store in one SQLite file on a local disk, for one process. Write-ahead log, forced to disk with every commit; one
 * writer; one commit at a time.
 *
 * <p>After the first error of the disk the store is failed for good: what the operating system still believes about the
 * file cannot be trusted then, only a new start reads what is really there. A full disk is no such error: the commit is
 * not made, and the next may be. A file that was replaced or removed under the running HSM is one: what was committed to it
 * would be gone with the next start.
 */
public final class SqliteStore implements Store {
    private static final Logger LOG = LoggerFactory.getLogger(SqliteStore.class);
    /** How many commits the mark of an operation is kept. */
    private static final long OPERATIONS_KEPT = 1_000;

    private static final long COMMITS_PER_CHECKPOINT = 128;

    private final FolderLock lock;
    private final SqliteConnections connections;
    private OpenFiles files;
    private Connection writer;
    private volatile long head;
    private volatile @Nullable String failure;

    private SqliteStore(FolderLock lock, SqliteConnections connections, Connection writer) throws SQLException {
        this.lock = lock;
        this.connections = connections;
        this.writer = writer;
        this.head = SqliteConnections.number(writer, "SELECT revision FROM head");
        this.files = new OpenFiles(connections.file());
    }

    /**
     * Opens the store of a data folder, and makes both where they are not there.
     *
     * @param folder on a local disk; locked for this process until the store is closed
     * @throws StoreRefused in one sentence: folder not writable or in use, file damaged, newer or another program's
     */
    public static SqliteStore open(Path folder) {
        FolderLock lock = FolderLock.take(folder);
        try {
            SqliteConnections connections = new SqliteConnections(folder);
            return new SqliteStore(lock, connections, connections.openWriter());
        } catch (SQLException e) {
            lock.close();
            throw new StoreRefused("the store in " + folder + " cannot be read: restore it from a backup");
        } catch (RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    /** Whether the data folder has a store already. */
    public static boolean used(Path folder) {
        return Files.exists(SqliteConnections.file(folder));
    }

    @Override
    public long head() {
        return head;
    }

    @Override
    public synchronized Commit commit(Transaction transaction) {
        String failed = failure;
        if (failed != null) {
            return new Commit.NotCommitted(failed);
        }
        if (files.changed()) {
            return new Commit.NotCommitted(replaced());
        }
        long revision = head + 1;
        try {
            SqliteConnections.execute(writer, "BEGIN IMMEDIATE");
            if (!hold(transaction)) {
                SqliteConnections.execute(writer, "ROLLBACK");
                return new Commit.Conflict();
            }
            write(transaction, revision);
        } catch (SQLException e) {
            return undo(e);
        }
        try {
            SqliteConnections.execute(writer, "COMMIT");
        } catch (SQLException e) {
            return uncertain(transaction, e);
        }
        head = revision;
        checkpoint(revision);
        return new Commit.Committed(revision);
    }

    /** Carries the log over to the database file now and then; done here because SQLite by itself hides its errors. */
    private void checkpoint(long revision) {
        if (revision % COMMITS_PER_CHECKPOINT == 0) {
            try {
                SqliteConnections.execute(writer, "PRAGMA wal_checkpoint(PASSIVE)");
            } catch (SQLException e) {
                fail(e);
            }
        }
    }

    private boolean hold(Transaction transaction) throws SQLException {
        try (PreparedStatement select =
                writer.prepareStatement("SELECT revision FROM record WHERE namespace = ? AND key = ?")) {
            for (Transaction.Guard guard : transaction.guards()) {
                select.setString(1, guard.namespace());
                select.setString(2, guard.key());
                try (ResultSet rows = select.executeQuery()) {
                    long revision = rows.next() ? rows.getLong(1) : 0;
                    if (revision != guard.revision()) {
                        return false;
                    }
                }
            }
        }
        return true;
    }

    private void write(Transaction transaction, long revision) throws SQLException {
        try (PreparedStatement put = writer.prepareStatement("INSERT INTO record (namespace, key, value, revision)"
                        + " VALUES (?, ?, ?, ?) ON CONFLICT (namespace, key)"
                        + " DO UPDATE SET value = excluded.value, revision = excluded.revision");
                PreparedStatement remove =
                        writer.prepareStatement("DELETE FROM record WHERE namespace = ? AND key = ?");
                PreparedStatement mark = writer.prepareStatement("INSERT INTO operation VALUES (?, ?)")) {
            for (Transaction.Write write : transaction.writes()) {
                PreparedStatement statement = write instanceof Transaction.Put ? put : remove;
                statement.setString(1, write.namespace());
                statement.setString(2, write.key());
                if (write instanceof Transaction.Put content) {
                    statement.setBytes(3, content.value());
                    statement.setLong(4, revision);
                }
                statement.executeUpdate();
            }
            mark.setString(1, transaction.operation());
            mark.setLong(2, revision);
            mark.executeUpdate();
        }
        SqliteConnections.execute(writer, "DELETE FROM operation WHERE revision <= " + (revision - OPERATIONS_KEPT));
        SqliteConnections.execute(writer, "UPDATE head SET revision = " + revision);
    }

    /** Something broke before the commit: nothing of it can appear. */
    private Commit undo(SQLException cause) {
        if (!full(cause)) {
            fail(cause);
            return new Commit.NotCommitted(reason(cause));
        }
        try {
            SqliteConnections.execute(writer, "ROLLBACK");
        } catch (SQLException e) {
            // Where the disk is full, SQLite may have rolled back by itself; then there is nothing to roll back.
            LOG.debug("nothing was left to roll back");
        }
        return new Commit.NotCommitted("the disk is full: make room for the store");
    }

    /** The commit itself broke: part of it may be in the log on the disk. */
    private Commit uncertain(Transaction transaction, SQLException cause) {
        if (!full(cause)) {
            fail(cause);
            return new Commit.Unknown(reason(cause));
        }
        if (files.changed()) {
            return new Commit.Unknown(replaced());
        }
        try {
            writer.close();
            writer = connections.openWriterAgain(); // reads the log from the disk and forces what is whole
            OpenFiles again = files.again();
            if (again == null) {
                return new Commit.Unknown(replaced());
            }
            files = again;
            head = SqliteConnections.number(writer, "SELECT revision FROM head");
        } catch (SQLException | StoreRefused e) {
            fail(cause);
            return new Commit.Unknown(reason(cause));
        }
        return settle(transaction.operation());
    }

    @Override
    public synchronized Commit settle(String operation) {
        String failed = failure;
        if (failed != null) {
            return new Commit.Unknown(failed);
        }
        try (PreparedStatement select = writer.prepareStatement("SELECT revision FROM operation WHERE id = ?")) {
            select.setString(1, operation);
            try (ResultSet rows = select.executeQuery()) {
                return rows.next()
                        ? new Commit.Committed(rows.getLong(1))
                        : new Commit.NotCommitted("the store has no mark of this operation");
            }
        } catch (SQLException e) {
            fail(e);
            return new Commit.Unknown(reason(e));
        }
    }

    /** Waits for a commit that is under way; reading from the snapshot holds up none. */
    @Override
    public synchronized Snapshot snapshot() {
        refuseAnother();
        try {
            Connection connection = connections.openReader();
            try {
                Snapshot snapshot = new SqliteSnapshot(connection);
                refuseAnother(); // it was opened by its name
                return snapshot;
            } catch (SQLException | RuntimeException e) {
                connection.close();
                throw e;
            }
        } catch (SQLException e) {
            throw new StoreRefused("the store " + connections.file() + " cannot be read: check the disk");
        }
    }

    /** What is under the database's name must be what commits went to: a backup of anything else would lack them. */
    private void refuseAnother() {
        String failed = failure;
        if (failed != null) {
            throw new StoreRefused(failed);
        }
        if (files.changed()) {
            throw new StoreRefused(replaced());
        }
    }

    @Override
    public StoreHealth health() {
        return new StoreHealth("SQLite file " + connections.file(), head, failure);
    }

    /** Bounds the database file, as a disk would that is full. For tests. */
    synchronized void pagesMax(long pages) throws SQLException {
        SqliteConnections.execute(writer, "PRAGMA max_page_count = " + pages);
    }

    /** Promises less, so that a test can show that it would notice. For tests. */
    synchronized void forceLess() throws SQLException {
        SqliteConnections.execute(writer, "PRAGMA synchronous = NORMAL");
    }

    private void fail(SQLException cause) {
        fail(reason(cause));
    }

    private String fail(String sentence) {
        failure = sentence;
        LOG.error("the store takes no more changes until it is started anew: {}", sentence);
        return sentence;
    }

    private String replaced() {
        return fail("the store " + connections.file()
                + " was replaced or removed while this HSM used it: stop it and put" + " the newest store back");
    }

    private String reason(SQLException cause) {
        String code =
                cause instanceof SQLiteException sqlite ? sqlite.getResultCode().name() : "driver";
        return "the store " + connections.file() + " failed (" + code + "): check the disk, then start anew";
    }

    private static boolean full(SQLException cause) {
        return cause instanceof SQLiteException sqlite && sqlite.getResultCode() == SQLiteErrorCode.SQLITE_FULL;
    }

    @Override
    public synchronized void close() {
        try {
            writer.close();
        } catch (SQLException e) {
            LOG.warn("the store could not be closed cleanly: {}", reason(e));
        } finally {
            lock.close();
        }
    }
}
