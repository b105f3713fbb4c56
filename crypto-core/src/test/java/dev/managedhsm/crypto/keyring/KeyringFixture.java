// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.keyring;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.fixture.CountingEngine;
import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.KeyVersion;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.seal.RecordMark;
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.RootKey;
import dev.managedhsm.crypto.seal.SealPurpose;
import dev.managedhsm.crypto.seal.SealingKeys;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.Map;

/** A keyring with its writer, and a quick way to put keys into it. */
final class KeyringFixture implements AutoCloseable {
    static final RecordMark MARK = new RecordMark(1, 2, 3, 4, 5);

    final CountingEngine engine = new CountingEngine();
    final Keyring keyring;
    final KeyringWriter writer;
    private final RootKey root = RootKey.create(engine);
    private final SealingKeys keys = new SealingKeys(engine, root, "hsm");
    private final RecordSeal seal = new RecordSeal(engine, keys);
    private final Arena arena = Arena.ofShared();
    private final MemorySegment secret = arena.allocate(Engine.SECRET_LENGTH_MAX);
    private final MemorySegment sealed = arena.allocate(Engine.SECRET_LENGTH_MAX + RecordSeal.OVERHEAD);
    private long versions;

    KeyringFixture(int hotMax) {
        keyring = new Keyring(engine, seal, hotMax, 8);
        writer = keyring.writer();
    }

    LivingKey add(String name, int ordinal) {
        return add(name, ordinal, KeyClass.P_256);
    }

    LivingKey add(String name, int ordinal, KeyClass keyClass) {
        KeyVersion version = new KeyVersion("%032x".formatted(++versions));
        Engine.GeneratedKey made = engine.generate(keyClass, secret);
        KeyFacts facts = new KeyFacts(
                new KeyName(name),
                version,
                keyClass,
                EnumSet.of(PermittedOperation.SIGN, PermittedOperation.VERIFY),
                new KeyAttributes(true, KeyAttributes.NONE, KeyAttributes.NONE, 1, 1),
                Map.of(),
                made.publicPart(),
                null);
        RecordName record = new RecordName(SealPurpose.KEY_SECRET, facts.name().folded(), version.text());
        int length = seal.seal(record, 1, 0, secret.asSlice(0, made.secretLength()), sealed);
        return writer.add(new KeyRecord(facts, ordinal, MARK, MARK), sealed.asSlice(0, length));
    }

    @Override
    public void close() {
        writer.close();
        keys.close();
        root.close();
        arena.close();
    }
}
