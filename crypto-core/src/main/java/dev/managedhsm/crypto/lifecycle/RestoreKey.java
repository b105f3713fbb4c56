// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyRotation;
import dev.managedhsm.crypto.keyring.KeyRecord;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.KeyringWriter;
import dev.managedhsm.crypto.keyring.RotationRecord;
import dev.managedhsm.crypto.seal.RecordMark;
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.SealPurpose;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Brings back a key from its backup: all versions as they were, in one commit. */
final class RestoreKey extends Change<KeyFacts> {
    private final Keyring keyring;
    private final BackupCodec.Content content;
    private final List<KeyRecord> records = new ArrayList<>();
    private final List<byte[]> sealedSecrets = new ArrayList<>();

    private @Nullable RotationRecord rotation;

    /** @param content what was in the backup; its memory stays until the change has been answered */
    RestoreKey(Keyring keyring, BackupCodec.Content content) {
        super(content.versions().getFirst().facts().name().folded());
        this.keyring = keyring;
        this.content = content;
    }

    /** Why a key of this name cannot be restored now, or null. Asked early by anybody, and again here. */
    static @Nullable LifecycleRefusal refusal(Keyring keyring, String folded) {
        if (keyring.findDeleted(folded) != null) {
            return LifecycleRefusal.NAME_IN_DELETED_STATE;
        }
        return keyring.find(folded) == null ? null : LifecycleRefusal.NAME_IN_USE;
    }

    @Override
    @Nullable
    LifecycleRefusal prepare(Draft draft) {
        LifecycleRefusal refusal = refusal(keyring, key());
        if (refusal != null) {
            return refusal;
        }
        for (BackupCodec.Version version : content.versions()) {
            KeyFacts facts = version.facts();
            int length = (int) version.secret().byteSize();
            MemorySegment.copy(version.secret(), 0, draft.secret(), 0, length);
            Draft.Sealed secret = draft.putSecret(name(SealPurpose.KEY_SECRET, facts), length);
            RecordMark mark =
                    draft.put(name(SealPurpose.KEY_FACTS, facts), FactsCodec.encode(facts, version.ordinal()), null);
            records.add(new KeyRecord(facts, version.ordinal(), mark, secret.mark()));
            sealedSecrets.add(secret.blob());
        }
        KeyRotation was = content.rotation();
        if (!was.policy().blank()) {
            RecordMark mark = draft.put(SetRotationPolicy.recordName(key()), RotationCodec.encode(was), null);
            rotation = new RotationRecord(was, mark);
        }
        return null;
    }

    private RecordName name(SealPurpose purpose, KeyFacts facts) {
        return new RecordName(purpose, key(), facts.version().text());
    }

    @Override
    KeyFacts publish(KeyringWriter writer) {
        writer.rotation(key(), rotation);
        return writer.addKey(
                        records,
                        sealedSecrets.stream().map(MemorySegment::ofArray).toList())
                .facts();
    }
}
