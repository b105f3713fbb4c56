// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.auth.role.DataAction;
import dev.managedhsm.auth.role.Permission;
import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.auth.role.RoleDefinition;
import dev.managedhsm.auth.role.RoleSnapshot;
import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.PortableEngine;
import dev.managedhsm.crypto.lifecycle.KeyJournal;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.RootKey;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.crypto.seal.SealingKeys;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Roles in a real store: what comes back, and what is noticed when somebody meddled with the file. */
class RoleJournalTest {
    private static final RoleAssignment FIRST = assignment(9, Scope.HSM);
    private static final RoleAssignment SECOND = assignment(3, Scope.key("Invoices"));
    private static final RoleAssignment THIRD = assignment(6, Scope.KEYS);
    private static final RoleDefinition SIGNER = definition("Signer \u00e9 \ud83d\udd11 \ud800", DataAction.KEYS_SIGN);

    @TempDir
    Path folder;

    private Engine engine;
    private RootKey root;
    private SealingKeys keys;
    private Store store;
    private RecordSeal seal;

    @BeforeEach
    void open() {
        engine = PortableEngine.open();
        root = RootKey.create(engine);
        keys = new SealingKeys(engine, root, "hsm");
        seal = new RecordSeal(engine, keys);
        store = SqliteStore.open(folder);
    }

    @AfterEach
    void close() {
        store.close();
        keys.close();
        root.close();
        engine.close();
    }

    private static RoleAssignment assignment(long number, Scope scope) {
        return new RoleAssignment(
                new UUID(number, number), BuiltInRoles.CRYPTO_USER.id(), new UUID(-number, number), scope);
    }

    private static RoleDefinition definition(String name, DataAction action) {
        return new RoleDefinition(
                new UUID(7, 7),
                name,
                "what it is for",
                RoleDefinition.Kind.CUSTOM,
                List.of(
                        Permission.ofDataActions(List.of(action.text())),
                        new Permission(List.of("a"), List.of("b", "c"), List.of(), List.of("d"))));
    }

    private RoleJournal journal() {
        return new RoleJournal(StoreJournal.ofRoles(store), seal);
    }

    /** One who has loaded, and so may commit. */
    private RoleJournal loaded() {
        RoleJournal journal = journal();
        journal.load();
        return journal;
    }

    private static void commit(RoleJournal journal, RoleWrite... writes) {
        assertEquals(KeyJournal.Ending.COMMITTED, journal.commit(List.of(writes)));
    }

    private RoleSnapshot reload() {
        store.close();
        store = SqliteStore.open(folder);
        RoleSnapshot snapshot = journal().load();
        assertNotNull(snapshot);
        return snapshot;
    }

    @Test
    void emptyStoreHasNoRoles() {
        assertNull(journal().load());
    }

    @Test
    void everythingComesBackInTheOrderInWhichItWasMade() {
        RoleJournal journal = loaded();
        commit(journal, new RoleWrite.PutDefinition(SIGNER), new RoleWrite.PutAssignment(FIRST));
        commit(journal, new RoleWrite.PutAssignment(SECOND));
        commit(journal, new RoleWrite.PutAssignment(THIRD));

        RoleSnapshot snapshot = reload();

        assertEquals(List.of(FIRST, SECOND, THIRD), List.copyOf(snapshot.assignments()));
        assertEquals(SIGNER, snapshot.definition(SIGNER.id()));
        assertEquals(BuiltInRoles.all().size() + 1, snapshot.definitions().size());
    }

    @Test
    void whatWasReplacedOrRemovedStaysSo() {
        RoleDefinition changed = definition("Encrypter", DataAction.KEYS_ENCRYPT);
        RoleJournal journal = loaded();
        commit(journal, new RoleWrite.PutDefinition(SIGNER));
        commit(journal, new RoleWrite.PutAssignment(FIRST), new RoleWrite.PutAssignment(SECOND));
        commit(journal, new RoleWrite.PutDefinition(changed));
        commit(journal, new RoleWrite.RemoveAssignment(FIRST.name()));

        RoleSnapshot snapshot = reload();
        assertEquals(List.of(SECOND), List.copyOf(snapshot.assignments()));
        assertEquals(changed, snapshot.definition(SIGNER.id()));

        RoleJournal later = loaded();
        commit(later, new RoleWrite.RemoveAssignment(SECOND.name()), new RoleWrite.RemoveDefinition(SIGNER.id()));
        RoleSnapshot last = reload();
        assertEquals(List.of(), List.copyOf(last.assignments()));
        assertNull(last.definition(SIGNER.id()));
    }

    @Test
    void secondWriterIsNotMixedIn() {
        RoleJournal one = loaded();
        RoleJournal two = loaded();
        commit(one, new RoleWrite.PutAssignment(FIRST));

        assertEquals(KeyJournal.Ending.NOT_COMMITTED, two.commit(List.of(new RoleWrite.PutAssignment(SECOND))));

        commit(one, new RoleWrite.PutAssignment(THIRD));
        assertEquals(List.of(FIRST, THIRD), List.copyOf(reload().assignments()));
    }

    @Test
    void removingWhatIsNotThereIsAMistake() {
        RoleJournal journal = loaded();

        assertThrows(
                IllegalStateException.class,
                () -> journal.commit(List.of(new RoleWrite.RemoveAssignment(FIRST.name()))));
    }

    @Test
    void noticesARemovedAssignmentPutBack() {
        RoleJournal journal = loaded();
        commit(journal, new RoleWrite.PutAssignment(FIRST), new RoleWrite.PutAssignment(SECOND));
        StoredRecord old = record("role-assignment", FIRST.name().toString());
        commit(journal, new RoleWrite.RemoveAssignment(FIRST.name()));

        meddle(new Transaction.Put(old.namespace(), old.key(), old.value()));

        assertThrows(SealFailure.class, journal()::load);
    }

    @Test
    void noticesAnOlderDefinition() {
        RoleJournal journal = loaded();
        commit(journal, new RoleWrite.PutDefinition(SIGNER));
        StoredRecord old = record("role-definition", SIGNER.id().toString());
        commit(journal, new RoleWrite.PutDefinition(definition("less", DataAction.KEYS_READ)));

        meddle(new Transaction.Put(old.namespace(), old.key(), old.value()));

        assertThrows(SealFailure.class, journal()::load);
    }

    @Test
    void noticesAnAssignmentUnderAnothersName() {
        RoleJournal journal = loaded();
        commit(journal, new RoleWrite.PutAssignment(FIRST), new RoleWrite.PutAssignment(SECOND));
        StoredRecord first = record("role-assignment", FIRST.name().toString());

        meddle(new Transaction.Put(first.namespace(), SECOND.name().toString(), first.value()));

        assertThrows(SealFailure.class, journal()::load);
    }

    @Test
    void noticesALostRecordAndALostAnchor() {
        RoleJournal journal = loaded();
        commit(journal, new RoleWrite.PutAssignment(FIRST), new RoleWrite.PutAssignment(SECOND));
        StoredRecord first = record("role-assignment", FIRST.name().toString());

        meddle(new Transaction.Remove(first.namespace(), first.key()));
        assertThrows(SealFailure.class, journal()::load);

        meddle(new Transaction.Put(first.namespace(), first.key(), first.value()));
        assertNotNull(journal().load());

        meddle(new Transaction.Remove("role-anchor", ""));
        assertThrows(SealFailure.class, journal()::load);
    }

    @Test
    void noticesAChangedByte() {
        RoleJournal journal = loaded();
        commit(journal, new RoleWrite.PutAssignment(FIRST));
        StoredRecord first = record("role-assignment", FIRST.name().toString());
        byte[] changed = first.value().clone();
        changed[changed.length - 1] ^= 1;

        meddle(new Transaction.Put(first.namespace(), first.key(), changed));

        assertThrows(SealFailure.class, journal()::load);
    }

    private StoredRecord record(String namespace, String key) {
        try (Snapshot snapshot = store.snapshot()) {
            StoredRecord found = snapshot.find(namespace, key);
            assertNotNull(found);
            return found;
        }
    }

    private void meddle(Transaction.Write write) {
        assertInstanceOf(
                Commit.Committed.class,
                store.commit(new Transaction(UUID.randomUUID().toString(), List.of(), List.of(write))));
    }
}
