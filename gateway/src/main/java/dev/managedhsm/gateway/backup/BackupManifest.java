// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.backup;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * What a backup is, written last: a backup without it was never finished.
 *
 * @param id names this backup and no other, 32 hex digits
 * @param hsm whose it is, for people
 * @param madeSeconds when, in Unix seconds
 * @param revision the store's revision, of which all its records are
 * @param parts how many parts it has
 * @param records how many records, anchors included
 */
public record BackupManifest(String id, String hsm, long madeSeconds, long revision, int parts, int records) {
    private static final int FORMAT = 1;

    byte[] encode() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(FORMAT);
            out.writeUTF(id);
            out.writeUTF(hsm);
            out.writeLong(madeSeconds);
            out.writeLong(revision);
            out.writeInt(parts);
            out.writeInt(records);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a byte array does not fail
        }
        return bytes.toByteArray();
    }

    /** Reads what {@link #encode} wrote; it has been opened and so is ours. */
    static BackupManifest decode(byte[] bytes) throws IOException {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            if (in.readByte() != FORMAT) {
                throw new IOException("a newer format");
            }
            return new BackupManifest(
                    in.readUTF(), in.readUTF(), in.readLong(), in.readLong(), in.readInt(), in.readInt());
        }
    }
}
