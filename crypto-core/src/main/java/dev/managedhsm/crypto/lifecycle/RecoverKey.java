// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.keyring.DeletedKey;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.KeyringWriter;
import org.jspecify.annotations.Nullable;

/** Brings a soft-deleted key back with all its versions. */
final class RecoverKey extends Change<KeyFacts> {
    private final Keyring keyring;
    private @Nullable DeletedKey target;

    RecoverKey(Keyring keyring, String folded) {
        super(folded);
        this.keyring = keyring;
    }

    @Override
    @Nullable
    LifecycleRefusal prepare(Draft draft) {
        DeletedKey found = keyring.findDeleted(key());
        if (found == null) {
            return LifecycleRefusal.DELETED_KEY_NOT_FOUND;
        }
        draft.remove(DeleteKey.recordName(key()), found.mark());
        target = found;
        return null;
    }

    @Override
    KeyFacts publish(KeyringWriter writer) {
        if (target == null) {
            throw new IllegalStateException("published before it was prepared");
        }
        return writer.recover(target).facts();
    }
}
