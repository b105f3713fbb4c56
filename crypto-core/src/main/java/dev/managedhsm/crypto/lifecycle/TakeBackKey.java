// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.keyring.KeyringWriter;
import dev.managedhsm.crypto.keyring.LivingKey;
import org.jspecify.annotations.Nullable;

/** Ends a key that {@link LendKey} made. */
final class TakeBackKey extends Change<LivingKey> {
    private final LivingKey lent;

    TakeBackKey(LivingKey lent) {
        super("take back " + lent.handle()); // no key has such a name
        this.lent = lent;
    }

    @Override
    @Nullable
    LifecycleRefusal prepare(Draft draft) {
        return null;
    }

    @Override
    LivingKey publish(KeyringWriter writer) {
        writer.takeBack(lent);
        return lent;
    }
}
