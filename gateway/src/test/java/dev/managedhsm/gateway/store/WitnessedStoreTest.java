// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.lifecycle.KeyJournal;
import dev.managedhsm.crypto.lifecycle.LifecycleAnswer;
import dev.managedhsm.crypto.seal.SealFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that somebody puts back to an earlier moment, and its witness, which notices. */
class WitnessedStoreTest {
    @TempDir
    Path folder;

    private Engine engine;
    private Path data;

    @BeforeEach
    void fill() throws IOException {
        engine = Engines.choose();
        data = Files.createDirectory(folder.resolve("data"));
        change("first", 1);
    }

    @AfterEach
    void close() {
        engine.close();
    }

    /** Makes a key and a role assignment, in an HSM that is opened for it. */
    private void change(String key, long role) {
        try (DurableHsm hsm = new DurableHsm(engine, data)) {
            makeKey(hsm, key);
            makeRole(hsm, role);
        }
    }

    private static void makeKey(DurableHsm hsm, String name) {
        assertInstanceOf(
                LifecycleAnswer.Done.class,
                hsm.create(name, KeyClass.P_256).toCompletableFuture().join());
    }

    private static void makeRole(DurableHsm hsm, long number) {
        assertEquals(KeyJournal.Ending.COMMITTED, commitRole(hsm, number));
    }

    private static KeyJournal.Ending commitRole(DurableHsm hsm, long number) {
        RoleAssignment assignment = new RoleAssignment(
                new UUID(number, number), BuiltInRoles.CRYPTO_USER.id(), new UUID(-number, 1), Scope.HSM);
        return hsm.roleJournal.commit(List.of(new RoleWrite.PutAssignment(assignment)));
    }

    private Path keep(String file) throws IOException {
        return Files.copy(data.resolve(file), folder.resolve(file + ".kept"), StandardCopyOption.REPLACE_EXISTING);
    }

    private void putBack(String file) throws IOException {
        Files.copy(folder.resolve(file + ".kept"), data.resolve(file), StandardCopyOption.REPLACE_EXISTING);
    }

    private void assertOpens() {
        try (DurableHsm hsm = new DurableHsm(engine, data)) {
            assertNotNull(hsm.keyring.find("first"));
            assertNotNull(hsm.roles);
        }
    }

    private void assertRefuses(String reason) {
        SealFailure refused = assertThrows(SealFailure.class, () -> new DurableHsm(engine, data).close());
        assertTrue(String.valueOf(refused.getMessage()).contains(reason), refused.toString());
    }

    private void sql(String statement) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + data.resolve("store.sqlite"));
                Statement one = connection.createStatement()) {
            one.execute(statement);
        }
    }

    @Test
    void letsTheNewestStoreThrough() {
        assertOpens();
        change("second", 2);
        assertOpens();
    }

    @Test
    void refusesAStoreThatWasPutBackWholly() throws IOException {
        keep("store.sqlite");
        change("second", 2);
        putBack("store.sqlite");

        assertRefuses("was put back to an earlier moment");
    }

    @Test
    void refusesAnEmptyStoreInThePlaceOfOne() throws IOException {
        Files.delete(data.resolve("store.sqlite"));

        assertRefuses("was put back to an earlier moment");
    }

    @Test
    void refusesRecordsOfRolesThatWerePutBackTogether() throws IOException, SQLException {
        keep("store.sqlite");
        try (DurableHsm hsm = new DurableHsm(engine, data)) {
            makeRole(hsm, 2);
        }
        String roles = "('role-definition', 'role-assignment', 'role-anchor')";
        sql("DELETE FROM record WHERE namespace IN " + roles);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + data.resolve("store.sqlite"));
                Statement one = connection.createStatement()) {
            one.execute("ATTACH '" + folder.resolve("store.sqlite.kept") + "' AS old");
            one.execute("INSERT INTO record SELECT * FROM old.record WHERE namespace IN " + roles);
        }

        assertRefuses("records of roles");
    }

    @Test
    void refusesAStoreWhoseRolesWereAllDeletedWithTheirAnchor() throws SQLException {
        sql("DELETE FROM record WHERE namespace LIKE 'role-%'");

        assertRefuses("records of roles");
    }

    @Test
    void refusesAStoreWhoseKeysWereAllDeletedWithTheirAnchor() throws SQLException {
        sql("DELETE FROM record WHERE namespace NOT LIKE 'role-%'");

        assertRefuses("records of keys");
    }

    @Test
    void takesTheOneCommitThatACrashLeftUnwitnessed() throws IOException {
        try (DurableHsm hsm = new DurableHsm(engine, data)) {
            keep("witness");
            makeKey(hsm, "second");
        }
        putBack("witness");
        assertOpens();

        try (DurableHsm hsm = new DurableHsm(engine, data)) {
            keep("witness");
            makeRole(hsm, 2);
        }
        putBack("witness");
        assertOpens();
    }

    @Test
    void refusesAWitnessThatIsTwoCommitsBehind() throws IOException {
        keep("witness");
        try (DurableHsm hsm = new DurableHsm(engine, data)) {
            makeKey(hsm, "second");
            makeKey(hsm, "third");
        }
        putBack("witness");

        assertRefuses("the file is not the newest one");
    }

    @Test
    void refusesToGoOnWithoutItsWitness() throws IOException {
        Files.delete(data.resolve("witness"));

        assertRefuses("is missing or empty");
    }

    @Test
    void goesOnWithOnePlaceTornAndRefusesBoth() throws IOException {
        byte[] bytes = Files.readAllBytes(data.resolve("witness"));
        byte[] first = bytes.clone();
        first[40] ^= 1;
        byte[] second = bytes.clone();
        second[4096 + 40] ^= 1;
        Files.write(data.resolve("witness"), first);
        assertOpens();
        Files.write(data.resolve("witness"), second);
        assertOpens();
        byte[] both = Files.readAllBytes(data.resolve("witness"));
        both[50] ^= 1;
        both[4096 + 50] ^= 1;
        Files.write(data.resolve("witness"), both);

        assertRefuses("is damaged or belongs to another root key");
    }

    @Test
    void believesAnOlderStoreWhenTheOperatorSaysSo() throws IOException {
        keep("store.sqlite");
        change("second", 2);
        putBack("store.sqlite");
        assertRefuses("was put back");

        DurableHsm.accept(engine, data);
        assertOpens();
    }

    @Test
    void failsForGoodWhenTheWitnessCannotBeWritten() throws IOException {
        try (DurableHsm hsm = new DurableHsm(engine, data)) {
            Thread.currentThread().interrupt(); // the channel closes while it is written to: an error of writing
            assertEquals(KeyJournal.Ending.UNKNOWN, commitRole(hsm, 2));
            assertTrue(Thread.interrupted());
            assertEquals(KeyJournal.Ending.NOT_COMMITTED, commitRole(hsm, 3));
            assertNotNull(hsm.store.health().failure());
        }
        assertOpens(); // the commit is there, and is the one that follows
    }

    @Test
    void refusesAClockThatIsBehindTheLastCommitUntilTheOperatorSaysSo() {
        Instant now = Instant.now();
        try (DurableHsm hsm = new DurableHsm(engine, data, () -> now.plusSeconds(3_600))) {
            makeKey(hsm, "ahead");
        }
        SealFailure refused = assertThrows(SealFailure.class, () -> new DurableHsm(engine, data, () -> now));
        assertTrue(String.valueOf(refused.getMessage()).contains("set the clock right"), refused.toString());
        new DurableHsm(engine, data, () -> now.plusSeconds(3_400)).close(); // within what is tolerated

        DurableHsm.accept(engine, data);
        new DurableHsm(engine, data, () -> now).close();
    }
}
