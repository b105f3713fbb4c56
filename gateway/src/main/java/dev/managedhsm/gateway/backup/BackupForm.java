// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.backup;

import dev.managedhsm.crypto.lifecycle.JournalWrite;
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.SealPurpose;
import dev.managedhsm.gateway.store.StoreJournal;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What lies in the folder of a backup.
 *
 * <pre>
 *   records-00001 ...   sealed: for each record namespace, key, length, sealed record
 *   manifest            "managed-hsm-backup 1 ", identity of the root key, " ", the backup's id, newline, sealed manifest
 * </pre>
 *
 * <p>Every part is sealed under its own name and the backup's id, so that none can stand for another, of this backup or of
 * an earlier one. Numbers are big endian.
 */
final class BackupForm {
    static final String MANIFEST = "manifest";

    /** How long the content of a part is at most before its last record. */
    static final int PART_LENGTH = 1 << 20;

    /** How long a part is at most. */
    static final int PART_LENGTH_MAX = 2 * PART_LENGTH;

    private static final String TITLE = "managed-hsm-backup 1 ";
    static final int IDENTITY_LENGTH = 22;
    static final int ID_LENGTH = 32;
    static final int HEAD_LENGTH = TITLE.length() + IDENTITY_LENGTH + 1 + ID_LENGTH + 1;

    /** How long a manifest is at most. */
    static final int MANIFEST_LENGTH_MAX = 4096;

    private static final Map<String, SealPurpose> PURPOSES = purposes();

    private BackupForm() {}

    private static Map<String, SealPurpose> purposes() {
        Map<String, SealPurpose> purposes = new HashMap<>();
        StoreJournal.namespacesOfKeys().forEach((purpose, namespace) -> purposes.put(namespace, purpose));
        StoreJournal.namespacesOfRoles().forEach((purpose, namespace) -> purposes.put(namespace, purpose));
        return Map.copyOf(purposes);
    }

    static String part(int number) {
        return "records-%05d".formatted(number);
    }

    static String head(String identity, String id) {
        return TITLE + identity + " " + id + "\n";
    }

    /** Seals one object of a backup. */
    static byte[] seal(RecordSeal seal, String id, String name, long revision, byte[] content) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment plain = arena.allocateFrom(ValueLayout.JAVA_BYTE, content);
            MemorySegment blob = arena.allocate(content.length + (long) RecordSeal.OVERHEAD);
            seal.seal(name(id, name), revision, 0, plain, blob);
            return blob.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /** Opens what {@link #seal} made; a {@link dev.managedhsm.crypto.seal.SealFailure} names what does not open. */
    static byte[] open(RecordSeal seal, String id, String name, byte[] sealed) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment blob = arena.allocate(Math.max(1, sealed.length)).asSlice(0, sealed.length);
            MemorySegment.copy(sealed, 0, blob, ValueLayout.JAVA_BYTE, 0, sealed.length);
            MemorySegment content = arena.allocate(Math.max(1, sealed.length));
            return content.asSlice(0, seal.open(name(id, name), blob, content)).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    private static RecordName name(String id, String name) {
        return new RecordName(SealPurpose.FULL_BACKUP, id, name);
    }

    /** Adds the records of a part to the list; the part has been opened and so is ours. */
    static void read(byte[] part, List<JournalWrite.Put> records) throws IOException {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(part))) {
            while (in.available() > 0) {
                SealPurpose purpose = PURPOSES.get(in.readUTF());
                String key = in.readUTF();
                byte[] blob = new byte[in.readInt()];
                in.readFully(blob);
                if (purpose == null) {
                    throw new IOException("a newer kind of record");
                }
                records.add(new JournalWrite.Put(StoreJournal.name(purpose, key), blob));
            }
        }
    }
}
