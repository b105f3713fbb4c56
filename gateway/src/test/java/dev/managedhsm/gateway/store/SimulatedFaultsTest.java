// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.auth.role.RoleSnapshot;
import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.PortableEngine;
import dev.managedhsm.crypto.lifecycle.KeyJournal;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.RootKey;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.crypto.seal.SealingKeys;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Changes of roles on a disk that fails: for every seed, what was acknowledged is there and what was refused is not. */
class SimulatedFaultsTest {
    private static final int SEEDS = 200;
    private static final int CHANGES = 40;

    private final Engine engine = PortableEngine.open();
    private final RootKey root = RootKey.create(engine);
    private final SealingKeys keys = new SealingKeys(engine, root, "hsm");
    private final RecordSeal seal = new RecordSeal(engine, keys);

    @AfterEach
    void close() {
        keys.close();
        root.close();
        engine.close();
    }

    private static RoleAssignment assignment(long number) {
        return new RoleAssignment(new UUID(7, number), BuiltInRoles.CRYPTO_USER.id(), new UUID(8, number), Scope.HSM);
    }

    private static Set<UUID> names(RoleSnapshot roles) {
        return roles.assignments().stream().map(RoleAssignment::name).collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void whatWasAcknowledgedIsThereAndWhatWasRefusedIsNot() {
        int unknown = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            unknown += run(new Random(seed));
        }
        assertTrue(unknown > SEEDS / 10, "the disk failed in a commit only " + unknown + " times");
    }

    /** Answers how many changes ended unknown. */
    private int run(Random random) {
        SimulatedStore.Disk disk = new SimulatedStore.Disk();
        Set<UUID> there = new TreeSet<>();
        UUID doubtful = null;
        int unknown = 0;
        for (int change = 0; change < CHANGES; ) {
            try (Store store = new SimulatedStore(disk, random, 6)) {
                RoleJournal journal = new RoleJournal(StoreJournal.ofRoles(store), seal);
                RoleSnapshot loaded = journal.load();
                Set<UUID> found = loaded == null ? Set.of() : names(loaded);
                if (doubtful != null && found.contains(doubtful) != there.contains(doubtful)) {
                    boolean now = found.contains(doubtful) ? there.add(doubtful) : there.remove(doubtful);
                    assertTrue(now);
                }
                assertEquals(there, found);
                doubtful = null;
                while (change < CHANGES && doubtful == null && store.health().failure() == null) {
                    RoleAssignment one = assignment(random.nextInt(10));
                    boolean was = there.contains(one.name());
                    RoleWrite write =
                            was ? new RoleWrite.RemoveAssignment(one.name()) : new RoleWrite.PutAssignment(one);
                    change++;
                    switch (journal.commit(List.of(write))) {
                        case COMMITTED -> assertTrue(was ? there.remove(one.name()) : there.add(one.name()));
                        case NOT_COMMITTED -> {}
                        case UNKNOWN -> {
                            doubtful = one.name();
                            unknown++;
                        }
                    }
                }
            }
        }
        return unknown;
    }

    @Test
    void aFailedDiskStaysFailedUntilTheStart() {
        for (int seed = 0; seed < SEEDS; seed++) {
            SimulatedStore.Disk disk = new SimulatedStore.Disk();
            try (Store store = new SimulatedStore(disk, new Random(seed), 3)) {
                RoleJournal journal = new RoleJournal(StoreJournal.ofRoles(store), seal);
                for (int i = 0; i < 30 && store.health().failure() == null; i++) {
                    journal.commit(List.of(new RoleWrite.PutAssignment(assignment(i))));
                }
                assertNotNull(store.health().failure());
                assertEquals(
                        KeyJournal.Ending.NOT_COMMITTED,
                        journal.commit(List.of(new RoleWrite.PutAssignment(assignment(99)))));
            }
        }
    }

    @Test
    void namesTheRecordOfAPageThatWentBad() {
        for (int seed = 0; seed < SEEDS; seed++) {
            SimulatedStore.Disk disk = new SimulatedStore.Disk();
            try (Store store = new SimulatedStore(disk, null, 1)) {
                RoleJournal journal = new RoleJournal(StoreJournal.ofRoles(store), seal);
                journal.commit(List.of(new RoleWrite.PutAssignment(assignment(1))));
                journal.commit(List.of(new RoleWrite.PutAssignment(assignment(2))));
            }
            disk.spoil(new Random(seed));
            try (Store store = new SimulatedStore(disk, null, 1)) {
                RoleJournal journal = new RoleJournal(StoreJournal.ofRoles(store), seal);
                SealFailure named = assertThrows(SealFailure.class, journal::load);
                assertTrue(String.valueOf(named.getMessage()).contains("the record \"role a"), named.toString());
            }
        }
    }

    @Test
    void refusesADiskThatCannotBeWritten() {
        SimulatedStore.Disk disk = new SimulatedStore.Disk();
        disk.makeReadOnly();
        assertThrows(StoreRefused.class, () -> new SimulatedStore(disk, null, 1));
    }
}
