// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.keyring.DeletedKey;
import dev.managedhsm.crypto.keyring.LivingKey;
import java.util.List;

/**
 * A key as an archive holds it, without its secret. Immutable; any thread.
 *
 * @param versions facts of all its versions; at least one
 * @param deletedSeconds when it was deleted, in Unix seconds; {@link KeyAttributes#NONE} if it is living
 * @param purgeSeconds when it goes for good, in Unix seconds; {@link KeyAttributes#NONE} if it is living
 */
public record HeldKey(List<KeyFacts> versions, long deletedSeconds, long purgeSeconds) {
    /** Copies the list. */
    public HeldKey {
        versions = List.copyOf(versions);
    }

    static HeldKey living(List<LivingKey> versions) {
        return new HeldKey(facts(versions), KeyAttributes.NONE, KeyAttributes.NONE);
    }

    static HeldKey deleted(DeletedKey key) {
        return new HeldKey(facts(key.versions()), key.deletedSeconds(), key.purgeSeconds());
    }

    private static List<KeyFacts> facts(List<LivingKey> versions) {
        return versions.stream().map(LivingKey::facts).toList();
    }

    /** Whether it is soft-deleted. */
    public boolean deleted() {
        return deletedSeconds != KeyAttributes.NONE;
    }
}
