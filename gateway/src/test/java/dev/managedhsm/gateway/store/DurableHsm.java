// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import dev.managedhsm.auth.role.RoleSnapshot;
import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.EngineWorker;
import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.KeyringReader;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.lifecycle.HsmCondition;
import dev.managedhsm.crypto.lifecycle.HsmState;
import dev.managedhsm.crypto.lifecycle.KeyBackups;
import dev.managedhsm.crypto.lifecycle.KeyLifecycle;
import dev.managedhsm.crypto.lifecycle.KeyRequest;
import dev.managedhsm.crypto.lifecycle.LifecycleAnswer;
import dev.managedhsm.crypto.lifecycle.LifecyclePolicy;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Completions;
import dev.managedhsm.crypto.operation.Limits;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import dev.managedhsm.crypto.seal.BackupSeal;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.RootKey;
import dev.managedhsm.crypto.seal.SealingKeys;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Keys with everything below them, in one folder: store, root key, keyring, lifecycle, and one worker's hands. */
final class DurableHsm implements AutoCloseable {
    final Keyring keyring;
    final KeyLifecycle lifecycle;
    final KeyBackups backups;
    final HsmState state = new HsmState(HsmCondition.OPERATIONAL);
    final Engine engine;
    final RecordSeal seal;
    final Store store;
    final String identity;
    final RoleJournal roleJournal;
    final @Nullable RoleSnapshot roles;
    private final RootKey root;
    private final SealingKeys keys;
    private final BackupSeal backupSeal;
    private final Arena arena = Arena.ofShared();
    private final KeyringReader reader;
    private final EngineWorker worker;
    private final OperationSlot slot;

    DurableHsm(Engine engine, Path folder) {
        this(engine, folder, InstantSource.system());
    }

    DurableHsm(Engine engine, Path folder, InstantSource clock) {
        this.engine = engine;
        Store file = SqliteStore.open(folder);
        Path sealingFile = folder.resolve("root.seal");
        if (!Files.exists(sealingFile)) {
            try (RootKey fresh = RootKey.create(engine)) {
                fresh.write(sealingFile);
            }
        }
        root = RootKey.read(sealingFile);
        keys = new SealingKeys(engine, root, "hsm");
        seal = new RecordSeal(engine, keys);
        store = witnessed(file, folder, clock);
        keyring = new Keyring(engine, seal, Keyring.HOT_MAX_DEFAULT, Keyring.READERS_MAX_DEFAULT);
        lifecycle =
                new KeyLifecycle(engine, seal, keyring, new StoreJournal(store), state, LifecyclePolicy.DEFAULT, clock);
        roleJournal = new RoleJournal(StoreJournal.ofRoles(store), seal);
        roles = roleJournal.load();
        backupSeal = new BackupSeal(engine, root);
        identity = backupSeal.identity();
        backups = new KeyBackups(engine, backupSeal, keyring, lifecycle, state);
        reader = keyring.reader();
        worker = engine.worker();
        MemorySegment memory = arena.allocate(Limits.SLOT_LENGTH, 64);
        slot = new OperationSlot(0, memory, new Completions() {
            @Override
            public void offer(OperationSlot done) {}

            @Override
            public void wake() {}
        });
    }

    /** What {@code hsm store accept} does. */
    static void accept(Engine engine, Path folder) {
        try (RootKey root = RootKey.read(folder.resolve("root.seal"));
                SealingKeys keys = new SealingKeys(engine, root, "hsm");
                Store store = SqliteStore.open(folder)) {
            WitnessedStore.accept(store, folder.resolve("witness"), new RecordSeal(engine, keys));
        }
    }

    /** A store that is refused is closed, so that the next one can be opened. */
    private Store witnessed(Store file, Path folder, InstantSource clock) {
        try {
            return WitnessedStore.open(file, folder.resolve("witness"), seal, clock);
        } catch (RuntimeException refused) {
            keys.close();
            root.close();
            file.close();
            throw refused;
        }
    }

    CompletionStage<LifecycleAnswer<KeyFacts>> create(String name, KeyClass keyClass) {
        Set<PermittedOperation> permitted = EnumSet.of(PermittedOperation.SIGN, PermittedOperation.VERIFY);
        return lifecycle.create(new KeyRequest(
                new KeyName(name),
                keyClass,
                permitted,
                true,
                KeyAttributes.NONE,
                KeyAttributes.NONE,
                Map.of("k", "v")));
    }

    /** Signs with the key version and verifies the signature with it: whether both went well. */
    boolean signs(LivingKey key) {
        byte[] digest = new byte[32];
        digest[0] = 1;
        Algorithm algorithm = switch (key.facts().keyClass().type()) {
            case RSA -> Algorithm.PS256;
            case EC -> Algorithm.ES256;
            case OCT -> Algorithm.HS256;
        };
        LivingKey entered = reader.enter(key.handle());
        if (entered == null) {
            return false;
        }
        try {
            slot.ask(Operation.SIGN, algorithm, key.handle());
            put(Field.VALUE, digest);
            worker.execute(slot, reader.engineKey(entered));
            if (slot.outcome() != Outcome.DONE) {
                return false;
            }
            byte[] signature = slot.memory()
                    .asSlice(OperationSlot.OUTPUT_VALUE, slot.outputValueLength())
                    .toArray(ValueLayout.JAVA_BYTE);
            slot.wipe();
            slot.ask(Operation.VERIFY, algorithm, key.handle());
            put(Field.VALUE, signature);
            put(Field.DIGEST, digest);
            worker.execute(slot, reader.engineKey(entered));
            return slot.outcome() == Outcome.SIGNATURE_VALID;
        } finally {
            slot.wipe();
            reader.exit();
        }
    }

    private void put(Field field, byte[] bytes) {
        MemorySegment.copy(bytes, 0, slot.memory(), ValueLayout.JAVA_BYTE, slot.inputEnd(), bytes.length);
        slot.put(field, bytes.length);
    }

    @Override
    public void close() {
        reader.close();
        worker.close();
        backups.close();
        lifecycle.close();
        backupSeal.close();
        keys.close();
        root.close();
        store.close();
        arena.close();
    }
}
