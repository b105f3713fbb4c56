// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.keyring.DeletedKey;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.KeyringWriter;
import dev.managedhsm.crypto.seal.RecordMark;
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.SealPurpose;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Soft-deletes a key with all its versions. The record says when it was deleted and when it will be purged. */
final class DeleteKey extends Change<DeletedKey> {
    /** How the two times are written: when it was deleted, then when it will be purged. */
    static final ValueLayout.OfLong SECONDS = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final Keyring keyring;
    private final InstantSource clock;
    private final LifecyclePolicy policy;
    private long deletedSeconds;
    private @Nullable RecordMark mark;

    DeleteKey(Keyring keyring, InstantSource clock, LifecyclePolicy policy, String folded) {
        super(folded);
        this.keyring = keyring;
        this.clock = clock;
        this.policy = policy;
    }

    /** Name of the record that says that a key is deleted. */
    static RecordName recordName(String folded) {
        return new RecordName(SealPurpose.DELETED_KEY, folded, "");
    }

    @Override
    @Nullable
    LifecycleRefusal prepare(Draft draft) {
        if (keyring.find(key()) == null) {
            return LifecycleRefusal.KEY_NOT_FOUND;
        }
        deletedSeconds = clock.instant().getEpochSecond();
        byte[] times = ByteBuffer.allocate(16)
                .putLong(deletedSeconds)
                .putLong(purgeSeconds())
                .array();
        mark = draft.put(recordName(key()), times, null);
        return null;
    }

    private long purgeSeconds() {
        return deletedSeconds + policy.retentionSeconds();
    }

    @Override
    DeletedKey publish(KeyringWriter writer) {
        if (mark == null) {
            throw new IllegalStateException("published before it was prepared");
        }
        return writer.delete(key(), deletedSeconds, purgeSeconds(), mark);
    }
}
