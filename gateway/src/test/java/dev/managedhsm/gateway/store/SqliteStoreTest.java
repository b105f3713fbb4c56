// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqliteStoreTest extends StoreContract {
    @TempDir
    Path folder;

    @Override
    Store open() {
        return SqliteStore.open(data());
    }

    private Path data() {
        return folder.resolve("data");
    }

    private Path file() {
        return data().resolve("store.sqlite");
    }

    @Test
    void keepsItsFolderToItsOwner() throws IOException {
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(data())));
    }

    @Test
    void lookChangesNothingThatAKilledProcessLeft() throws IOException {
        assertCommitted(1, put("a", "1"));
        Path left = Files.createDirectory(folder.resolve("left"));
        Path database = Files.copy(file(), left.resolve("store.sqlite"));
        Path ahead = Files.copy(data().resolve("store.sqlite-wal"), left.resolve("store.sqlite-wal"));
        byte[] databaseBefore = Files.readAllBytes(database);
        byte[] aheadBefore = Files.readAllBytes(ahead);
        assertTrue(aheadBefore.length > 0, "the commit is in the write-ahead log only");
        try (StoreLook look = StoreLook.at(left)) {
            assertEquals(1, look.head());
            assertInstanceOf(
                    Commit.NotCommitted.class,
                    look.commit(new Transaction(UUID.randomUUID().toString(), List.of(), List.of(put("b", "1")))));
        }
        assertArrayEquals(databaseBefore, Files.readAllBytes(database));
        assertArrayEquals(aheadBefore, Files.readAllBytes(ahead));
    }

    @Test
    void refusesFolderInUse() {
        assertRefuses(data(), "in use by another process");
        store().close();
        SqliteStore.open(data()).close();
    }

    @Test
    void refusesFileInThePlaceOfAFolder() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");

        assertRefuses(file, "cannot be written");
    }

    @Test
    void refusesFolderThatCannotBeMade() {
        assertRefuses(Path.of("/proc/no-store"), "cannot be written");
    }

    @Test
    void refusesFileThatIsNoDatabase() throws IOException {
        Path other = Files.createDirectory(folder.resolve("other"));
        Files.writeString(other.resolve("store.sqlite"), "what is this? ".repeat(1_000));

        assertRefuses(other, "damaged");
    }

    @Test
    void refusesDamagedFile() throws IOException {
        for (int i = 1; i <= 40; i++) {
            assertCommitted(i, put("n", "key" + i, new byte[3_000]));
        }
        store().close();
        byte[] bytes = Files.readAllBytes(file());
        Arrays.fill(bytes, 8_192, bytes.length, (byte) 0x5a);
        Files.write(file(), bytes);

        assertRefuses(data(), "damaged");
    }

    @Test
    void refusesTruncatedFile() throws IOException {
        for (int i = 1; i <= 40; i++) {
            assertCommitted(i, put("n", "key" + i, new byte[3_000]));
        }
        store().close();
        Files.write(file(), Arrays.copyOf(Files.readAllBytes(file()), 16_384));

        assertRefuses(data(), "damaged");
    }

    @Test
    void refusesNewerFormat() throws SQLException {
        store().close();
        tamper("PRAGMA user_version = 2");

        assertRefuses(data(), "format 2");
    }

    @Test
    void refusesAnotherProgramsDatabase() throws SQLException {
        store().close();
        tamper("PRAGMA application_id = 7");

        assertRefuses(data(), "another program's");
    }

    @Test
    void refusesDatabaseThatOnlyLooksEmpty() throws SQLException, IOException {
        Path other = Files.createDirectory(folder.resolve("other"));
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + other.resolve("store.sqlite"));
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE recipes (title TEXT)");
        }

        assertRefuses(other, "another program's");
    }

    @Test
    void fullDiskRefusesTheCommitAndTakesTheNext() throws SQLException {
        SqliteStore store = (SqliteStore) store();
        assertCommitted(1, put("a", "1"));
        store.pagesMax(30);

        Commit end = commit(List.of(), put("b", "1"), put("n", "big", new byte[200_000]));

        assertTrue(assertInstanceOf(Commit.NotCommitted.class, end).reason().contains("full"));
        assertNull(store.health().failure());
        assertEquals("a=1@1", all("n"));
        assertCommitted(2, put("c", "1"));
        reopen();
        assertEquals("a=1@1 c=1@2", all("n"));
    }

    @Test
    void firstErrorOfTheDiskIsSticky() throws IOException {
        assertCommitted(1, put("a", "1"));
        store().close(); // the connection is gone, as after an error: every statement fails
        Commit first = commit(List.of(), put("b", "1"));

        assertInstanceOf(Commit.NotCommitted.class, first);
        assertNotNull(store().health().failure());
        assertInstanceOf(Commit.NotCommitted.class, commit(List.of(), put("b", "1")));
        assertInstanceOf(Commit.Unknown.class, store().settle(UUID.randomUUID().toString()));
        reopen();
        assertEquals("a=1@1", all("n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"store.sqlite", "store.sqlite-wal"})
    void takesNothingMoreOnceItsFileIsAnother(String name) throws IOException {
        assertCommitted(1, put("a", "1"));
        assertCommitted(2, put("a", "2"));
        Path copy = Files.copy(data().resolve(name), folder.resolve("copy"));
        Files.move(copy, data().resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);

        assertFailsBecauseOfItsFile();
    }

    @ParameterizedTest
    @ValueSource(strings = {"store.sqlite", "store.sqlite-wal"})
    void takesNothingMoreOnceItsFileIsGone(String name) throws IOException {
        assertCommitted(1, put("a", "1"));
        Files.delete(data().resolve(name));

        assertFailsBecauseOfItsFile();
    }

    @ParameterizedTest
    @ValueSource(strings = {"store.sqlite", "store.sqlite-wal"})
    void givesNoSnapshotOnceItsFileIsAnother(String name) throws IOException {
        assertCommitted(1, put("a", "1"));
        Path copy = Files.copy(data().resolve(name), folder.resolve("copy"));
        assertCommitted(2, put("a", "2"));
        Files.move(copy, data().resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);

        assertGivesNoSnapshot();
    }

    @ParameterizedTest
    @ValueSource(strings = {"store.sqlite", "store.sqlite-wal"})
    void givesNoSnapshotOnceItsFileIsGone(String name) throws IOException {
        assertCommitted(1, put("a", "1"));
        Files.delete(data().resolve(name));

        assertGivesNoSnapshot();
        assertFalse(Files.exists(data().resolve(name)), "nothing is made in its place");
    }

    /** A backup of it would lack what was acknowledged. */
    private void assertGivesNoSnapshot() {
        StoreRefused refused =
                assertThrows(StoreRefused.class, () -> store().snapshot().close());

        String reason = String.valueOf(refused.getMessage());
        assertTrue(reason.endsWith("used it: stop it and put the newest store back"), reason);
        assertEquals(reason, store().health().failure());
        assertEquals(new Commit.NotCommitted(reason), commit(List.of(), put("b", "1")));
    }

    @Test
    void readersMakeNoDatabase() throws IOException {
        Path other = Files.createDirectory(folder.resolve("other"));

        assertThrows(
                SQLException.class,
                () -> new SqliteConnections(other).openReader().close());
        assertThrows(
                StoreRefused.class,
                () -> new SqliteConnections(other).openWriterAgain().close());
        assertFalse(SqliteStore.used(other));
    }

    @Test
    void filesThatWereOpenedAgainAreOnesOfTheSameDatabase() throws IOException {
        OpenFiles files = new OpenFiles(file());
        assertNotNull(files.again());
        Path copy = Files.copy(file(), folder.resolve("copy"));
        Files.move(copy, file(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        assertNull(files.again());
        Files.delete(file());
        assertNull(files.again());
    }

    /** What went into a file without a name would be gone with the next start, so it is not acknowledged. */
    private void assertFailsBecauseOfItsFile() {
        Commit end = commit(List.of(), put("b", "1"));

        String reason = assertInstanceOf(Commit.NotCommitted.class, end).reason();
        assertTrue(reason.contains("was replaced or removed while this HSM used it"), reason);
        assertEquals(reason, store().health().failure());
        assertEquals(end, commit(List.of(), put("c", "1")));
    }

    @Test
    @Tag("slow")
    void forgetsOperationsAfterAThousandCommits() {
        String operation = UUID.randomUUID().toString();
        store().commit(new Transaction(operation, List.of(), List.of()));
        for (int i = 2; i <= 1_000; i++) {
            assertCommitted(i);
        }
        assertEquals(new Commit.Committed(1), store().settle(operation));
        assertCommitted(1_001);
        assertInstanceOf(Commit.NotCommitted.class, store().settle(operation));
    }

    private void tamper(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static void assertRefuses(Path folder, String reason) {
        StoreRefused refused = assertThrows(StoreRefused.class, () -> SqliteStore.open(folder));
        assertTrue(refused.toString().contains(reason), refused.toString());
    }
}
