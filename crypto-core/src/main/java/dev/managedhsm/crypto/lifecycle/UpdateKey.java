// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.KeyringWriter;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.seal.RecordMark;
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.SealPurpose;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Changes permitted operations, attributes or tags of one key version. */
final class UpdateKey extends Change<KeyFacts> {
    private final Keyring keyring;
    private final InstantSource clock;
    private final @Nullable String version;
    private final KeyUpdate update;
    private @Nullable LivingKey target;
    private @Nullable KeyFacts facts;
    private @Nullable RecordMark mark;

    /** @param version which version, or null for the one that is current when the change is made */
    UpdateKey(Keyring keyring, InstantSource clock, String folded, @Nullable String version, KeyUpdate update) {
        super(folded);
        this.keyring = keyring;
        this.clock = clock;
        this.version = version;
        this.update = update;
    }

    @Override
    @Nullable
    LifecycleRefusal prepare(Draft draft) {
        LivingKey current = keyring.find(key());
        if (current == null) {
            return LifecycleRefusal.KEY_NOT_FOUND;
        }
        LivingKey found = version == null ? current : keyring.find(key(), version);
        if (found == null) {
            return LifecycleRefusal.VERSION_NOT_FOUND;
        }
        LifecycleRefusal refusal = update.refusal(found.facts());
        if (refusal != null) {
            return refusal;
        }
        KeyFacts updated = update.applied(found.facts(), clock.instant().getEpochSecond());
        RecordName name =
                new RecordName(SealPurpose.KEY_FACTS, key(), updated.version().text());
        mark = draft.put(name, FactsCodec.encode(updated, found.ordinal()), found.factsMark());
        facts = updated;
        target = found;
        return null;
    }

    @Override
    KeyFacts publish(KeyringWriter writer) {
        if (target == null || facts == null || mark == null) {
            throw new IllegalStateException("published before it was prepared");
        }
        writer.replace(target, facts, mark);
        return facts;
    }
}
