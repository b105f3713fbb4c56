// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;
import org.sqlite.SQLiteOpenMode;

/**
 * Opens connections to the one database file of a data folder, with everything set that durability rests on, and read
 * back.
 *
 * <pre>
 *   head       one row: the revision of the last commit
 *   record     namespace, key -> value, revision
 *   operation  id -> revision of the commit that was this operation
 * </pre>
 */
final class SqliteConnections {
    /** Says that a database is ours: "mhsm". */
    private static final int APPLICATION_ID = 0x6d68736d;
    /** Version of the tables. */
    private static final int FORMAT = 1;

    private static final int SYNCHRONOUS_FULL = 2;
    private static final String UNPACK_FOLDER = "org.sqlite.tmpdir";

    /** Makes the database file where it is not there. */
    private static final SQLiteConfig MADE = new SQLiteConfig();
    /** Opens a database file that is there, and fails otherwise. */
    private static final SQLiteConfig THERE = new SQLiteConfig();

    static {
        THERE.resetOpenMode(SQLiteOpenMode.CREATE);
    }

    private final Path folder;
    private final Path file;

    /** @param folder locked for this process */
    SqliteConnections(Path folder) {
        this.folder = folder;
        this.file = file(folder);
        // The driver unpacks its native library: better into our folder than into one that everybody can write to.
        if (System.getProperty(UNPACK_FOLDER) == null) {
            System.setProperty(UNPACK_FOLDER, folder.toAbsolutePath().toString());
            removeLeftovers();
        }
    }

    /** A process that was killed leaves its unpacked library behind; the folder is ours alone, so nobody uses it. */
    private void removeLeftovers() {
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(folder, "sqlite-*sqlitejdbc*")) {
            for (Path leftover : leftovers) {
                Files.delete(leftover);
            }
        } catch (IOException e) {
            throw refused(e);
        }
    }

    /**
     * For a look at a store that another process may be using, or none. It cannot write: the last connection that can would
     * bring the write-ahead log into the database file when it is closed.
     */
    static Connection openLook(Path folder) throws SQLException {
        SQLiteConfig looking = new SQLiteConfig();
        looking.setReadOnly(true);
        Connection connection =
                looking.createConnection("jdbc:sqlite:" + file(folder).toAbsolutePath());
        try {
            execute(connection, "PRAGMA query_only = ON");
            execute(connection, "PRAGMA busy_timeout = 5000");
            execute(connection, "PRAGMA wal_autocheckpoint = 0");
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** The database file of a data folder. */
    static Path file(Path folder) {
        return folder.resolve("store.sqlite");
    }

    Path file() {
        return file;
    }

    /**
     * Opens the writer, and makes or checks the tables.
     *
     * @throws StoreRefused if the file is damaged, newer than this program or not ours
     */
    Connection openWriter() {
        try {
            Connection connection = open(MADE);
            try {
                if (number(connection, "PRAGMA application_id") == 0
                        && number(connection, "PRAGMA user_version") == 0) {
                    create(connection);
                }
                check(connection);
                return connection;
            } catch (SQLException | IOException | RuntimeException e) {
                connection.close();
                throw e;
            }
        } catch (SQLException | IOException e) {
            throw refused(e);
        }
    }

    /**
     * Opens the writer anew, of a database that is there.
     *
     * @throws StoreRefused if there is none any more, or it is damaged
     */
    Connection openWriterAgain() {
        try {
            Connection connection = open(THERE);
            try {
                check(connection);
                return connection;
            } catch (SQLException | RuntimeException e) {
                connection.close();
                throw e;
            }
        } catch (SQLException e) {
            throw refused(e);
        }
    }

    /** Opens a connection that only reads; makes no database where there is none. */
    Connection openReader() throws SQLException {
        Connection connection = open(THERE);
        execute(connection, "PRAGMA query_only = ON");
        return connection;
    }

    private Connection open(SQLiteConfig how) throws SQLException {
        Connection connection = how.createConnection("jdbc:sqlite:" + file.toAbsolutePath());
        try {
            execute(connection, "PRAGMA trusted_schema = OFF");
            execute(connection, "PRAGMA cell_size_check = ON");
            execute(connection, "PRAGMA busy_timeout = 5000");
            execute(connection, "PRAGMA wal_autocheckpoint = 0");
            execute(connection, "PRAGMA fullfsync = ON");
            execute(connection, "PRAGMA checkpoint_fullfsync = ON");
            String mode = text(connection, "PRAGMA journal_mode = WAL");
            execute(connection, "PRAGMA synchronous = FULL");
            if (!"wal".equals(mode) || number(connection, "PRAGMA synchronous") != SYNCHRONOUS_FULL) {
                throw new StoreRefused("the store " + file
                        + " cannot be made durable (write-ahead log or full synchronisation is not available): put the"
                        + " data folder on a local disk");
            }
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private void create(Connection connection) throws SQLException, IOException {
        if (number(connection, "SELECT count(*) FROM sqlite_schema") != 0) {
            throw notOurs();
        }
        execute(connection, "BEGIN IMMEDIATE");
        execute(connection, "CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), revision INTEGER NOT NULL)");
        execute(connection, "INSERT INTO head VALUES (1, 0)");
        execute(
                connection,
                "CREATE TABLE record (namespace TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,"
                        + " revision INTEGER NOT NULL, UNIQUE (namespace, key))");
        execute(connection, "CREATE TABLE operation (id TEXT PRIMARY KEY, revision INTEGER NOT NULL)");
        execute(connection, "CREATE INDEX operation_age ON operation (revision)");
        execute(connection, "PRAGMA application_id = " + APPLICATION_ID);
        execute(connection, "PRAGMA user_version = " + FORMAT);
        execute(connection, "COMMIT");
        try (FileChannel names = FileChannel.open(folder, StandardOpenOption.READ)) {
            names.force(true);
        }
    }

    private void check(Connection connection) throws SQLException {
        if (number(connection, "PRAGMA application_id") != APPLICATION_ID) {
            throw notOurs();
        }
        long format = number(connection, "PRAGMA user_version");
        if (format != FORMAT) {
            throw new StoreRefused("the store " + file + " has format " + format + " and this program knows format "
                    + FORMAT + ": run the program that wrote it");
        }
        String verdict = text(connection, "PRAGMA quick_check(1)");
        if (!"ok".equals(verdict)) {
            throw damaged();
        }
        // What the write-ahead log still holds goes to the database file, forced, so that all that is read is durable.
        if (number(connection, "PRAGMA wal_checkpoint(TRUNCATE)") != 0) {
            throw damaged();
        }
    }

    private StoreRefused refused(Exception e) {
        if (e instanceof SQLiteException sqlite) {
            SQLiteErrorCode code = sqlite.getResultCode();
            int primary = code.code & 0xff;
            if (primary == SQLiteErrorCode.SQLITE_CORRUPT.code || primary == SQLiteErrorCode.SQLITE_NOTADB.code) {
                return damaged();
            }
            return new StoreRefused("the store " + file + " cannot be opened (" + code.name()
                    + "): check that the disk has room and that the file belongs to the user who runs this HSM");
        }
        return new StoreRefused(
                "the store " + file + " cannot be opened (" + e.getClass().getSimpleName() + "): check its folder");
    }

    private StoreRefused damaged() {
        return new StoreRefused("the store " + file + " is damaged: restore it from a backup");
    }

    private StoreRefused notOurs() {
        return new StoreRefused("the file " + file + " is another program's database: name another data folder");
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getLong(1) : 0;
        }
    }

    private static String text(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getString(1) : "";
        }
    }
}
