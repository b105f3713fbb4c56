// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.keyring.DeletedKey;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.KeyringWriter;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.seal.RecordMark;
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.SealPurpose;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Replaces all keys by those of a backup: whole or not at all, in one commit. Only while the HSM is restoring. */
final class ReplaceKeys extends Change<KeyArchive> {

    private final RecordSeal seal;
    private final Keyring keyring;
    private final OwnRecords own;
    private final KeyArchive archive;
    private final List<JournalWrite> others;
    private final Consumer<Set<String>> lookAgain;

    /**
     * @param others records under another anchor that are written in the same commit
     * @param lookAgain told, on the control worker, the folded names of the keys that there were
     */
    ReplaceKeys(
            RecordSeal seal,
            Keyring keyring,
            OwnRecords own,
            KeyArchive archive,
            List<JournalWrite> others,
            Consumer<Set<String>> lookAgain) {
        super(""); // no key has such a name
        this.seal = seal;
        this.keyring = keyring;
        this.own = own;
        this.archive = archive;
        this.others = List.copyOf(others);
        this.lookAgain = lookAgain;
    }

    @Override
    HsmCondition condition() {
        return HsmCondition.RESTORING;
    }

    @Override
    @Nullable
    LifecycleRefusal prepare(Draft draft) {
        Set<RecordName> gone = new HashSet<>(own.names());
        for (LivingKey current : keyring.list(null, Integer.MAX_VALUE)) {
            String folded = current.facts().name().folded();
            keyring.versions(folded, null, Integer.MAX_VALUE).forEach(version -> addVersion(version, gone));
        }
        for (DeletedKey deleted : keyring.listDeleted(null, Integer.MAX_VALUE)) {
            deleted.versions().forEach(version -> addVersion(version, gone));
            gone.add(new RecordName(SealPurpose.DELETED_KEY, deleted.name().folded(), ""));
        }
        keyring.withRotation().forEach(folded -> gone.add(SetRotationPolicy.recordName(folded)));
        draft.replaceAll(gone, archive.records(), archive.anchor(), others);
        return null;
    }

    private static void addVersion(LivingKey version, Set<RecordName> names) {
        KeyFacts facts = version.facts();
        String folded = facts.name().folded();
        names.add(new RecordName(SealPurpose.KEY_FACTS, folded, facts.version().text()));
        names.add(new RecordName(SealPurpose.KEY_SECRET, folded, facts.version().text()));
    }

    /** The records were checked before they were written, so loading them does not fail. */
    @Override
    KeyArchive publish(KeyringWriter writer) {
        Set<String> gone = new HashSet<>();
        for (String folded : List.copyOf(keyring.withRotation())) {
            writer.rotation(folded, null);
        }
        for (LivingKey current : keyring.list(null, Integer.MAX_VALUE)) {
            writer.delete(current.facts().name().folded(), 0, 0, RecordMark.NONE);
        }
        for (DeletedKey deleted : keyring.listDeleted(null, Integer.MAX_VALUE)) {
            gone.add(deleted.name().folded());
            writer.purge(deleted);
        }
        own.clear();
        archive.load(seal, writer, own);
        lookAgain.accept(gone);
        return archive;
    }
}
