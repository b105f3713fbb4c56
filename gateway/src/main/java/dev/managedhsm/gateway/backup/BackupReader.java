// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.backup;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.lifecycle.JournalWrite;
import dev.managedhsm.crypto.lifecycle.KeyArchive;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.gateway.backup.BackupFailure.Reason;
import dev.managedhsm.gateway.store.ListedRecords;
import dev.managedhsm.gateway.store.RoleJournal;
import dev.managedhsm.gateway.store.StoreJournal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads a backup and believes nothing: every part opens under the sealing keys of this security domain, every record opens
 * too, and the anchors fit. One thread.
 */
public final class BackupReader {
    private final Engine engine;
    private final RecordSeal seal;
    private final String identity;

    /**
     * @param engine what can load the keys
     * @param seal the seal of this HSM
     * @param identity identity of this HSM's root key
     */
    public BackupReader(Engine engine, RecordSeal seal, String identity) {
        this.engine = engine;
        this.seal = seal;
        this.identity = identity;
    }

    /**
     * A backup that was found whole.
     *
     * @param manifest what it says it is
     * @param keys its keys
     * @param roles its records of roles, in the order in which a journal shows them
     */
    public record Whole(BackupManifest manifest, KeyArchive keys, List<JournalWrite.Put> roles) {
        /** All its records, as they were in the store, for one that is filled from them. */
        public int roleCount() {
            return Math.max(0, roles.size() - 1);
        }
    }

    /**
     * Reads the manifest alone.
     *
     * @throws BackupFailure if there is none, or it is foreign or damaged
     */
    public BackupManifest manifest(BackupTarget target, String folder) {
        byte[] bytes = target.read(folder, BackupForm.MANIFEST, BackupForm.MANIFEST_LENGTH_MAX);
        String id = id(bytes);
        byte[] sealed = Arrays.copyOfRange(bytes, BackupForm.HEAD_LENGTH, bytes.length);
        try {
            BackupManifest manifest = BackupManifest.decode(BackupForm.open(seal, id, BackupForm.MANIFEST, sealed));
            if (!manifest.id().equals(id)) {
                throw damaged(BackupForm.MANIFEST);
            }
            return manifest;
        } catch (SealFailure e) {
            throw damaged(BackupForm.MANIFEST);
        } catch (IOException e) {
            throw newer();
        }
    }

    private String id(byte[] bytes) {
        int length = BackupForm.HEAD_LENGTH;
        if (bytes.length < length) {
            throw damaged(BackupForm.MANIFEST);
        }
        String head = new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
        String id = head.substring(length - 1 - BackupForm.ID_LENGTH, length - 1);
        int identityAt = length - 2 - BackupForm.ID_LENGTH - BackupForm.IDENTITY_LENGTH;
        String theirs = head.substring(identityAt, identityAt + BackupForm.IDENTITY_LENGTH);
        if (!head.equals(BackupForm.head(theirs, id)) || !id.matches("[0-9a-f]+")) {
            throw damaged(BackupForm.MANIFEST);
        }
        if (!theirs.equals(identity)) {
            throw new BackupFailure(
                    Reason.FOREIGN,
                    "The backup belongs to another security domain, or is from before the root key was rotated (its root key"
                            + " is " + theirs.replaceAll("[^\\w-]", "?") + ", this HSM's is " + identity + ")");
        }
        return id;
    }

    /**
     * Reads and checks all of it. Sealed records of all keys lie in memory then, about 1 KiB for each version.
     *
     * @throws BackupFailure naming the first thing that is not as it was written
     */
    public Whole read(BackupTarget target, String folder) {
        BackupManifest manifest = manifest(target, folder);
        List<JournalWrite.Put> keys = new ArrayList<>();
        List<JournalWrite.Put> roles = new ArrayList<>();
        for (int number = 1; number <= manifest.parts(); number++) {
            List<JournalWrite.Put> records = new ArrayList<>();
            read(target, folder, manifest, BackupForm.part(number), records);
            for (JournalWrite.Put record : records) {
                boolean ofKeys = StoreJournal.namespacesOfKeys()
                        .containsKey(record.name().purpose());
                (ofKeys ? keys : roles).add(record);
            }
        }
        if (keys.size() + roles.size() != manifest.records()) {
            throw damaged(BackupForm.MANIFEST);
        }
        try {
            new RoleJournal(new ListedRecords(roles), seal).load();
            return new Whole(manifest, new KeyArchive(engine, seal, keys), List.copyOf(roles));
        } catch (SealFailure e) {
            throw new BackupFailure(Reason.DAMAGED, "The backup is not whole: " + e.getMessage());
        }
    }

    private void read(
            BackupTarget target, String folder, BackupManifest manifest, String part, List<JournalWrite.Put> records) {
        try {
            byte[] sealed = target.read(folder, part, BackupForm.PART_LENGTH_MAX);
            BackupForm.read(BackupForm.open(seal, manifest.id(), part, sealed), records);
        } catch (SealFailure e) {
            throw damaged(part);
        } catch (BackupFailure e) {
            throw e.reason() == Reason.NOT_FOUND ? damaged(part) : e;
        } catch (IOException e) {
            throw newer();
        }
    }

    private static BackupFailure damaged(String what) {
        return new BackupFailure(
                Reason.DAMAGED,
                "The backup's " + what
                        + " is not as it was written, is missing, or belongs to another backup: use another");
    }

    private static BackupFailure newer() {
        return new BackupFailure(
                Reason.DAMAGED, "The backup was written by a newer version of this software: use that version");
    }
}
