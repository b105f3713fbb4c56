// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.keyring.DeletedKey;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.KeyringWriter;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.keyring.RotationRecord;
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.SealPurpose;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Destroys a soft-deleted key: its records leave the store and its memory is wiped. */
final class PurgeKey extends Change<DeletedKey> {
    private final Keyring keyring;
    private final InstantSource clock;
    private final LifecyclePolicy policy;
    private @Nullable DeletedKey target;

    PurgeKey(Keyring keyring, InstantSource clock, LifecyclePolicy policy, String folded) {
        super(folded);
        this.keyring = keyring;
        this.clock = clock;
        this.policy = policy;
    }

    @Override
    @Nullable
    LifecycleRefusal prepare(Draft draft) {
        DeletedKey found = keyring.findDeleted(key());
        if (found == null) {
            return LifecycleRefusal.DELETED_KEY_NOT_FOUND;
        }
        if (policy.purgeProtection() && clock.instant().getEpochSecond() < found.purgeSeconds()) {
            return LifecycleRefusal.PURGE_PROTECTED;
        }
        for (LivingKey version : found.versions()) {
            String text = version.facts().version().text();
            draft.remove(new RecordName(SealPurpose.KEY_FACTS, key(), text), version.factsMark());
            draft.remove(new RecordName(SealPurpose.KEY_SECRET, key(), text), version.secretMark());
        }
        RotationRecord rotation = keyring.rotationRecord(key());
        if (rotation != null) {
            draft.remove(SetRotationPolicy.recordName(key()), rotation.mark());
        }
        draft.remove(DeleteKey.recordName(key()), found.mark());
        target = found;
        return null;
    }

    @Override
    DeletedKey publish(KeyringWriter writer) {
        if (target == null) {
            throw new IllegalStateException("published before it was prepared");
        }
        writer.purge(target);
        writer.rotation(key(), null);
        return target;
    }
}
