// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.crypto.seal.SealPurpose;
import dev.managedhsm.gateway.store.Commit;
import dev.managedhsm.gateway.store.Snapshot;
import dev.managedhsm.gateway.store.Store;
import dev.managedhsm.gateway.store.StoredRecord;
import dev.managedhsm.gateway.store.Transaction;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the sealed store knows of the audit log: the key that signs its checkpoints, with the text of all public keys, and up
 * to where the log was signed last. The store has both because who can change the log's folder cannot change them. Used by
 * one thread at a time.
 *
 * <pre>
 *   audit key       signer (64 bytes), text of keys.txt
 *   audit anchor    size (8), root (32), number of the checkpoint (8), milliseconds since 1970 (8)
 * </pre>
 */
public final class AuditRecords {
    private static final String NAMESPACE = "audit";
    private static final RecordName KEY = new RecordName(SealPurpose.AUDIT_KEY, "", "");
    private static final RecordName ANCHOR = new RecordName(SealPurpose.AUDIT_ANCHOR, "", "");
    private static final int ANCHOR_LENGTH = 3 * Long.BYTES + MerkleHash.LENGTH;
    private static final int CONTENT_LENGTH_MAX = 128 * 1024;

    private final Store store;
    private final RecordSeal seal;
    private final List<RecordSeal> before;

    /**
     * The records of a store.
     *
     * @param store where they are
     * @param seal seals and opens them
     * @param before what they may still be sealed under, since the root key was changed; looked at in {@link #takeOver} only
     */
    public AuditRecords(Store store, RecordSeal seal, List<RecordSeal> before) {
        this.store = store;
        this.seal = seal;
        this.before = List.copyOf(before);
    }

    /**
     * The signing key and the keys before it.
     *
     * @param signer signs now
     * @param keys all public keys, the signer's the last
     */
    record Signing(AuditSigner signer, AuditKeys keys) {}

    /**
     * Up to where the log was signed.
     *
     * @param size how many events
     * @param root the root over all of them
     * @param number how many checkpoints there were before the last one
     * @param timeMillis when, since 1970
     */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares these, and nobody writes to the array
    record Anchored(long size, byte[] root, long number, long timeMillis) {}

    /** Seals anew what is still sealed under a root key of before. */
    public void takeOver() {
        for (RecordName name : List.of(KEY, ANCHOR)) {
            byte[] blob = blob(name);
            if (blob == null || opens(seal, name, blob)) {
                continue;
            }
            for (RecordSeal old : before) {
                if (opens(old, name, blob)) {
                    try (LockedMemory memory = LockedMemory.allocate(CONTENT_LENGTH_MAX, "an audit record")) {
                        int length = open(old, name, blob, memory.segment());
                        put(name, memory.segment().asSlice(0, length));
                    }
                    break;
                }
            }
        }
    }

    private static boolean opens(RecordSeal with, RecordName name, byte[] blob) {
        try (LockedMemory memory = LockedMemory.allocate(CONTENT_LENGTH_MAX, "an audit record")) {
            return open(with, name, blob, memory.segment()) >= 0;
        } catch (SealFailure another) {
            return false;
        }
    }

    private static int open(RecordSeal with, RecordName name, byte[] blob, MemorySegment out) {
        try (Arena arena = Arena.ofConfined()) {
            return with.open(name, arena.allocateFrom(ValueLayout.JAVA_BYTE, blob), out);
        }
    }

    private byte @Nullable [] blob(RecordName name) {
        try (Snapshot snapshot = store.snapshot()) {
            StoredRecord record = snapshot.find(NAMESPACE, name.purpose().label());
            return record == null ? null : record.value();
        }
    }

    /**
     * The signing key, or null if there is none yet.
     *
     * @param origin the log's name
     * @throws SealFailure if the record is not as it was sealed
     */
    @Nullable
    Signing signing(String origin) {
        byte[] blob = blob(KEY);
        if (blob == null) {
            return null;
        }
        try (LockedMemory memory = LockedMemory.allocate(CONTENT_LENGTH_MAX, "the audit key")) {
            int length = open(seal, KEY, blob, memory.segment());
            MemorySegment content = memory.segment();
            String text = new String(
                    content.asSlice(AuditSigner.LENGTH, (long) length - AuditSigner.LENGTH)
                            .toArray(ValueLayout.JAVA_BYTE),
                    StandardCharsets.UTF_8);
            AuditKeys keys = AuditKeys.parse(text);
            AuditSigner signer = AuditSigner.read(keys.origin(), content.asSlice(0, AuditSigner.LENGTH));
            return new Signing(signer, keys);
        } catch (AuditRefused | IllegalArgumentException damaged) {
            throw new SealFailure("the record \"" + KEY + "\" of " + origin
                    + " was written by a newer version of this software; start that version, or a newer one");
        }
    }

    /**
     * The log's key, to sign what is taken out of the log; null if there is none yet.
     *
     * @param origin the log's name
     * @throws SealFailure if the record is not as it was sealed
     */
    public @Nullable AuditSigner signer(String origin) {
        Signing signing = signing(origin);
        return signing == null ? null : signing.signer();
    }

    /** Makes a signing key durable; whether that is so. */
    boolean keep(Signing signing) {
        byte[] text = signing.keys().text().getBytes(StandardCharsets.UTF_8);
        try (LockedMemory memory = LockedMemory.allocate(AuditSigner.LENGTH + text.length, "the audit key")) {
            MemorySegment content = memory.segment().asSlice(0, (long) AuditSigner.LENGTH + text.length);
            signing.signer().writeTo(content.asSlice(0, AuditSigner.LENGTH));
            MemorySegment.copy(text, 0, content, ValueLayout.JAVA_BYTE, AuditSigner.LENGTH, text.length);
            return put(KEY, content);
        }
    }

    /** Up to where the log was signed, or null if it never was. */
    @Nullable
    Anchored anchored() {
        byte[] blob = blob(ANCHOR);
        if (blob == null) {
            return null;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment content = arena.allocate(CONTENT_LENGTH_MAX);
            int length = open(seal, ANCHOR, blob, content);
            if (length != ANCHOR_LENGTH) {
                throw new SealFailure("the record \"" + ANCHOR
                        + "\" was written by a newer version of this software; start that version, or a newer one");
            }
            ByteBuffer bytes = ByteBuffer.wrap(content.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE));
            long size = bytes.getLong();
            byte[] root = new byte[MerkleHash.LENGTH];
            bytes.get(root);
            return new Anchored(size, root, bytes.getLong(), bytes.getLong());
        }
    }

    /** Makes durable up to where the log is signed; whether that is so. */
    boolean anchor(Anchored to) {
        ByteBuffer bytes = ByteBuffer.allocate(ANCHOR_LENGTH);
        bytes.putLong(to.size()).put(to.root()).putLong(to.number()).putLong(to.timeMillis());
        try (Arena arena = Arena.ofConfined()) {
            return put(ANCHOR, arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes.array()));
        }
    }

    private boolean put(RecordName name, MemorySegment content) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment blob = arena.allocate(content.byteSize() + RecordSeal.OVERHEAD);
            int length = seal.seal(name, 0, 0, content, blob);
            byte[] value = blob.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
            String operation = UUID.randomUUID().toString();
            Transaction.Write write =
                    new Transaction.Put(NAMESPACE, name.purpose().label(), value);
            Commit end = store.commit(new Transaction(operation, List.of(), List.of(write)));
            if (end instanceof Commit.Unknown) {
                end = store.settle(operation);
            }
            return end instanceof Commit.Committed;
        }
    }
}
