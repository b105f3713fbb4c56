// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.KeyVersion;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.key.ReleasePolicy;
import dev.managedhsm.crypto.keyring.KeyRecord;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.KeyringWriter;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.seal.RecordMark;
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.SealPurpose;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Makes a key, or a new version of one, of a fresh secret or of one that was let in. */
final class CreateKey extends Change<KeyFacts> {
    private static final int VERSION_LENGTH = 16;

    private final Engine engine;
    private final RecordSeal seal;
    private final Keyring keyring;
    private final InstantSource clock;
    private final KeyRequest request;
    private final @Nullable FreshSecret fresh;
    private @Nullable KeyRecord record;
    private byte[] sealedSecret = new byte[0];

    /** @param fresh the secret to use, or null to generate a key that takes microseconds */
    CreateKey(
            Engine engine,
            RecordSeal seal,
            Keyring keyring,
            InstantSource clock,
            KeyRequest request,
            @Nullable FreshSecret fresh) {
        super(request.name().folded());
        this.engine = engine;
        this.seal = seal;
        this.keyring = keyring;
        this.clock = clock;
        this.request = request;
        this.fresh = fresh;
    }

    /** Why this cannot be made now, or null. Asked early by anybody, and again here. */
    static @Nullable LifecycleRefusal refusal(Keyring keyring, KeyRequest request) {
        LifecycleRefusal refusal = refusal(keyring, request.name().folded());
        if (refusal != null) {
            return refusal;
        }
        LivingKey current = keyring.find(request.name().folded());
        return ReleaseRules.refusal(
                current == null ? null : current.facts(),
                request.exportable(),
                request.releasePolicy(),
                request.permitted());
    }

    /** Why no new version of this key can be made now, whatever it is to be; or null. */
    static @Nullable LifecycleRefusal refusal(Keyring keyring, String folded) {
        if (keyring.findDeleted(folded) != null) {
            return LifecycleRefusal.NAME_IN_DELETED_STATE;
        }
        LivingKey current = keyring.find(folded);
        return current != null && current.ordinal() >= LifecycleLimits.VERSIONS_MAX
                ? LifecycleRefusal.TOO_MANY_VERSIONS
                : null;
    }

    @Override
    @Nullable
    LifecycleRefusal prepare(Draft draft) {
        LifecycleRefusal refusal = refusal(keyring, request);
        if (refusal != null) {
            return refusal;
        }
        LivingKey current = keyring.find(key());
        int ordinal = current == null ? 1 : current.ordinal() + 1;
        KeyName name = current == null ? request.name() : current.facts().name();
        KeyVersion version = version();
        Engine.GeneratedKey made = secret(draft.secret());
        ReleasePolicy policy = ReleaseRules.result(current == null ? null : current.facts(), request.releasePolicy());
        KeyFacts facts = facts(name, version, made.publicPart(), policy);
        Draft.Sealed secret =
                draft.putSecret(new RecordName(SealPurpose.KEY_SECRET, key(), version.text()), made.secretLength());
        RecordMark factsMark = draft.put(
                new RecordName(SealPurpose.KEY_FACTS, key(), version.text()), FactsCodec.encode(facts, ordinal), null);
        sealedSecret = secret.blob();
        record = new KeyRecord(facts, ordinal, factsMark, secret.mark());
        return null;
    }

    private Engine.GeneratedKey secret(MemorySegment out) {
        if (fresh == null) {
            return engine.generate(request.keyClass(), out);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment blob = arena.allocateFrom(ValueLayout.JAVA_BYTE, fresh.blob());
            return new Engine.GeneratedKey(seal.open(fresh.name(), blob, out), fresh.publicPart());
        }
    }

    private KeyVersion version() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment random = arena.allocate(VERSION_LENGTH);
            engine.random(random);
            return KeyVersion.of(random.toArray(ValueLayout.JAVA_BYTE));
        }
    }

    private KeyFacts facts(KeyName name, KeyVersion version, PublicPart publicPart, @Nullable ReleasePolicy policy) {
        long now = clock.instant().getEpochSecond();
        return new KeyFacts(
                name,
                version,
                request.keyClass(),
                request.permitted(),
                new KeyAttributes(request.enabled(), request.notBefore(), request.expires(), now, now),
                request.tags(),
                publicPart,
                policy);
    }

    @Override
    KeyFacts publish(KeyringWriter writer) {
        if (record == null) {
            throw new IllegalStateException("published before it was prepared");
        }
        return writer.add(record, MemorySegment.ofArray(sealedSecret)).facts();
    }
}
