// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.key.KeyRotation;
import dev.managedhsm.crypto.key.RotationPolicy;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.KeyringWriter;
import dev.managedhsm.crypto.keyring.RotationRecord;
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.SealPurpose;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Gives a living key a rotation policy in the place of the one it has, or takes it away. */
final class SetRotationPolicy extends Change<KeyRotation> {
    private final Keyring keyring;
    private final InstantSource clock;
    private final RotationPolicy policy;
    private @Nullable RotationRecord record;

    /** @param policy the new policy; a blank one takes away what is there */
    SetRotationPolicy(Keyring keyring, InstantSource clock, String folded, RotationPolicy policy) {
        super(folded);
        this.keyring = keyring;
        this.clock = clock;
        this.policy = policy;
    }

    /** Name of the record that holds the policy of a key. */
    static RecordName recordName(String folded) {
        return new RecordName(SealPurpose.ROTATION_POLICY, folded, "");
    }

    @Override
    @Nullable
    LifecycleRefusal prepare(Draft draft) {
        if (keyring.find(key()) == null) {
            return LifecycleRefusal.KEY_NOT_FOUND;
        }
        RotationRecord was = keyring.rotationRecord(key());
        if (!policy.blank()) {
            long now = clock.instant().getEpochSecond();
            KeyRotation rotation =
                    new KeyRotation(policy, was == null ? now : was.rotation().created(), now);
            record = new RotationRecord(
                    rotation,
                    draft.put(recordName(key()), RotationCodec.encode(rotation), was == null ? null : was.mark()));
        } else if (was != null) {
            draft.remove(recordName(key()), was.mark());
        }
        return null;
    }

    @Override
    KeyRotation publish(KeyringWriter writer) {
        writer.rotation(key(), record);
        return record == null ? KeyRotation.NONE : record.rotation();
    }
}
