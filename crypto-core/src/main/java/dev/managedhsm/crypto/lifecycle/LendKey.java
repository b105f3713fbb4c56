// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.key.KeyVersion;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.keyring.KeyRecord;
import dev.managedhsm.crypto.keyring.KeyringWriter;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.seal.RecordMark;
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.SealPurpose;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumSet;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes a key that nobody can name, for whoever tries the machine out. It is in memory only and protects nothing. */
final class LendKey extends Change<LivingKey> {
    private static final KeyName NAME = new KeyName("thrown-away"); // nobody finds it by this name
    private static final RecordMark NO_MARK = RecordMark.NONE; // it is in no journal
    private static final int VERSION_LENGTH = KeyVersion.LENGTH / 2;

    private final Engine engine;
    private final RecordSeal seal;
    private final KeyClass keyClass;
    private @Nullable KeyRecord record;
    private byte[] sealedSecret = new byte[0];

    /** @param keyClass one whose keys are made in microseconds: not of RSA */
    LendKey(Engine engine, RecordSeal seal, KeyClass keyClass) {
        super("lend " + keyClass); // no key has such a name
        if (keyClass.type() == KeyType.RSA) {
            throw new IllegalStateException("a pair of RSA takes too long here");
        }
        this.engine = engine;
        this.seal = seal;
        this.keyClass = keyClass;
    }

    @Override
    @Nullable
    LifecycleRefusal prepare(Draft draft) {
        MemorySegment secret = draft.secret(); // wiped when the draft is started anew
        Engine.GeneratedKey made = engine.generate(keyClass, secret);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment random = arena.allocate(VERSION_LENGTH);
            engine.random(random);
            KeyFacts facts = new KeyFacts(
                    NAME,
                    KeyVersion.of(random.toArray(ValueLayout.JAVA_BYTE)),
                    keyClass,
                    EnumSet.allOf(PermittedOperation.class),
                    new KeyAttributes(true, KeyAttributes.NONE, KeyAttributes.NONE, 0, 0),
                    Map.of(),
                    made.publicPart(),
                    null);
            RecordName name = new RecordName(
                    SealPurpose.KEY_SECRET,
                    facts.name().folded(),
                    facts.version().text());
            MemorySegment sealed = arena.allocate(made.secretLength() + (long) RecordSeal.OVERHEAD);
            int length = seal.seal(name, 1, 0, secret.asSlice(0, made.secretLength()), sealed);
            sealedSecret = sealed.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
            record = new KeyRecord(facts, 1, NO_MARK, NO_MARK);
        }
        return null;
    }

    @Override
    LivingKey publish(KeyringWriter writer) {
        if (record == null) {
            throw new IllegalStateException("published before it was prepared");
        }
        return writer.lend(record, MemorySegment.ofArray(sealedSecret));
    }
}
