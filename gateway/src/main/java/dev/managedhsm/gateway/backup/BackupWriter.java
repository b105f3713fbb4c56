// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.backup;

import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.gateway.store.Snapshot;
import dev.managedhsm.gateway.store.Store;
import dev.managedhsm.gateway.store.StoreJournal;
import dev.managedhsm.gateway.store.StoredRecord;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Writes one backup: every record as of one revision, part by part, so that one part only lies in memory. One thread. */
final class BackupWriter {
    private final RecordSeal seal;
    private final BackupTarget target;
    private final String folder;
    private final String id = UUID.randomUUID().toString().replace("-", "");
    private final ByteArrayOutputStream part = new ByteArrayOutputStream(BackupForm.PART_LENGTH * 5 / 4);
    private int parts;
    private int records;

    BackupWriter(RecordSeal seal, BackupTarget target, String folder) {
        this.seal = seal;
        this.target = target;
        this.folder = folder;
    }

    /**
     * Writes it.
     *
     * @param store what is backed up; changes go on meanwhile and are not in it
     * @param identity identity of the root key
     * @param hsm the HSM's name, for people
     * @param madeSeconds when, in Unix seconds
     * @throws BackupFailure if the target does not take it; what was written is no backup then
     */
    BackupManifest write(Store store, String identity, String hsm, long madeSeconds) {
        try (Snapshot snapshot = store.snapshot()) {
            List<String> namespaces =
                    new ArrayList<>(StoreJournal.namespacesOfKeys().values());
            namespaces.addAll(StoreJournal.namespacesOfRoles().values());
            for (String namespace : namespaces) {
                snapshot.forEach(namespace, record -> add(record, snapshot.revision()));
            }
            if (part.size() > 0) {
                putPart(snapshot.revision());
            }
            BackupManifest manifest = new BackupManifest(id, hsm, madeSeconds, snapshot.revision(), parts, records);
            byte[] head = BackupForm.head(identity, id).getBytes(StandardCharsets.US_ASCII);
            byte[] sealed = BackupForm.seal(seal, id, BackupForm.MANIFEST, snapshot.revision(), manifest.encode());
            byte[] bytes = ByteBuffer.allocate(head.length + sealed.length)
                    .put(head)
                    .put(sealed)
                    .array();
            target.put(folder, BackupForm.MANIFEST, bytes);
            return manifest;
        }
    }

    private void add(StoredRecord record, long revision) {
        try {
            DataOutputStream out = new DataOutputStream(part);
            out.writeUTF(record.namespace());
            out.writeUTF(record.key());
            out.writeInt(record.value().length);
            out.write(record.value());
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a byte array does not fail
        }
        records++;
        if (part.size() >= BackupForm.PART_LENGTH) {
            putPart(revision);
        }
    }

    private void putPart(long revision) {
        parts++;
        String name = BackupForm.part(parts);
        target.put(folder, name, BackupForm.seal(seal, id, name, revision, part.toByteArray()));
        part.reset();
    }
}
