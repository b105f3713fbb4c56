// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.EngineWorker;
import dev.managedhsm.crypto.fixture.MemoryJournal;
import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.KeyringReader;
import dev.managedhsm.crypto.keyring.LivingKey;
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
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** Keys and their backups over a real engine and a journal in memory. The engine and the root key are their owner's. */
final class BackupFixture implements AutoCloseable {
    final MemoryJournal journal = new MemoryJournal();
    final HsmState state = new HsmState(HsmCondition.OPERATIONAL);
    final AtomicLong nowSeconds = new AtomicLong(1_000_000);
    final Engine engine;
    final BackupSeal backupSeal;
    Keyring keyring;
    KeyLifecycle lifecycle;
    KeyBackups backups;
    private final SealingKeys keys;

    BackupFixture(Engine engine, RootKey root, String namespace) {
        this.engine = engine;
        this.keys = new SealingKeys(engine, root, namespace);
        this.backupSeal = new BackupSeal(engine, root);
        this.keyring = keyring();
        this.lifecycle = lifecycle();
        this.backups = new KeyBackups(engine, backupSeal, keyring, lifecycle, state);
    }

    private Keyring keyring() {
        return new Keyring(engine, recordSeal(), 100, 4);
    }

    /** Seals as the HSM does. */
    RecordSeal recordSeal() {
        return new RecordSeal(engine, keys);
    }

    private KeyLifecycle lifecycle() {
        return new KeyLifecycle(
                engine,
                recordSeal(),
                keyring,
                journal,
                state,
                LifecyclePolicy.DEFAULT,
                () -> Instant.ofEpochSecond(nowSeconds.get()));
    }

    /** Forgets everything in memory, and starts from the journal. */
    void restart() {
        backups.close();
        lifecycle.close();
        keyring = keyring();
        lifecycle = lifecycle();
        backups = new KeyBackups(engine, backupSeal, keyring, lifecycle, state);
    }

    KeyFacts create(String name, KeyClass keyClass) {
        return LifecycleFixture.done(lifecycle.create(request(name, keyClass)));
    }

    static KeyRequest request(String name, KeyClass keyClass) {
        return new KeyRequest(
                new KeyName(name),
                keyClass,
                EnumSet.of(PermittedOperation.SIGN, PermittedOperation.VERIFY),
                true,
                KeyAttributes.NONE,
                4_000_000_000L,
                Map.of("purpose", "test of " + name));
    }

    byte[] backup(String name) {
        return LifecycleFixture.done(backups.backup(new KeyName(name)));
    }

    KeyFacts restore(byte[] text) {
        return LifecycleFixture.done(backups.restore(text));
    }

    /** Deletes and purges. */
    void destroy(String name) {
        LifecycleFixture.done(lifecycle.delete(new KeyName(name)));
        LifecycleFixture.done(lifecycle.purge(new KeyName(name)));
    }

    /** What is known of all versions of a key, oldest first. */
    List<FactsCodec.Placed> versions(String name) {
        return keyring.versions(name, null, LifecycleLimits.VERSIONS_MAX).stream()
                .map(version -> new FactsCodec.Placed(version.facts(), version.ordinal()))
                .toList();
    }

    /** A signature, or a MAC, made with a version of a key. */
    byte[] sign(KeyFacts facts) {
        byte[] digest = new byte[algorithm(facts.keyClass()).digestLength()];
        return run(facts, Operation.SIGN, Map.of(Field.VALUE, digest));
    }

    /** Whether a signature of {@link #sign} is good under the version that is in the keyring. */
    boolean verifies(KeyFacts facts, byte[] signature) {
        byte[] digest = new byte[algorithm(facts.keyClass()).digestLength()];
        return run(facts, Operation.VERIFY, Map.of(Field.DIGEST, digest, Field.VALUE, signature)).length == 0;
    }

    private static Algorithm algorithm(KeyClass keyClass) {
        return Arrays.stream(Algorithm.values())
                .filter(any -> any.digestLength() > 0 && any.fits(keyClass) && any.serves(Operation.SIGN))
                .findFirst()
                .orElseThrow();
    }

    private byte[] run(KeyFacts facts, Operation operation, Map<Field, byte[]> inputs) {
        LivingKey key = keyring.find(facts.name().text(), facts.version().text());
        try (Arena arena = Arena.ofConfined();
                KeyringReader reader = keyring.reader();
                EngineWorker worker = engine.worker()) {
            OperationSlot slot = new OperationSlot(0, arena.allocate(Limits.SLOT_LENGTH, 64), new Nobody());
            if (key == null || reader.enter(key.handle()) == null) {
                throw new AssertionError("no living key " + facts.name());
            }
            inputs.forEach((field, bytes) -> {
                MemorySegment.copy(bytes, 0, slot.memory(), ValueLayout.JAVA_BYTE, slot.inputEnd(), bytes.length);
                slot.put(field, bytes.length);
            });
            slot.ask(operation, algorithm(facts.keyClass()), key.handle());
            worker.execute(slot, reader.engineKey(key));
            if (slot.outcome() == Outcome.SIGNATURE_VALID) {
                return new byte[0];
            }
            return slot.memory()
                    .asSlice(OperationSlot.OUTPUT_VALUE, Math.max(1, slot.outputValueLength()))
                    .toArray(ValueLayout.JAVA_BYTE);
        }
    }

    private record Nobody() implements Completions {
        @Override
        public void offer(OperationSlot slot) {}

        @Override
        public void wake() {}
    }

    @Override
    public void close() {
        backups.close();
        lifecycle.close();
        backupSeal.close();
        keys.close();
    }
}
