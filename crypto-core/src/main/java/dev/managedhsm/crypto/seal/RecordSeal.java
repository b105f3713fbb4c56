// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.Sealer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Seals records and opens them again, with AES-256-GCM (NIST SP 800-38D) bound to the namespace, the record's name, its
 * revision and the revision before. May be used by any thread.
 *
 * <pre>
 *   0        1           9                    17          29            -16       end
 *   +--------+-----------+--------------------+-----------+--------------+---------+
 *   | format | revision  | previous revision  | nonce     | ciphertext   | tag     |
 *   +--------+-----------+--------------------+-----------+--------------+---------+
 *   additional data: format, namespace, purpose, key, version (each with its length), revision, previous revision
 * </pre>
 *
 * <p>Nonces are random: 96 bits allow 2^32 records under one sealing key (SP 800-38D section 8.3), more than a store
 * sees in its life.
 */
public final class RecordSeal {
    /** What sealing adds to the content, in bytes. */
    public static final int OVERHEAD = 29 + Sealer.TAG_LENGTH;

    private static final byte FORMAT = 1;
    private static final int REVISION = 1;
    private static final int PREVIOUS = 9;
    private static final int NONCE = 17;
    private static final int CIPHERTEXT = NONCE + Sealer.NONCE_LENGTH;
    private static final int MARK_LENGTH = 16;
    private static final byte[] MARK_LABEL = "mark".getBytes(StandardCharsets.US_ASCII);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final Engine engine;
    private final SealingKeys keys;

    /**
     * @param engine what makes nonces and marks; the one that derived the keys
     * @param keys the sealing keys
     */
    public RecordSeal(Engine engine, SealingKeys keys) {
        this.engine = engine;
        this.keys = keys;
    }

    /**
     * Seals a record.
     *
     * @param record which record it is
     * @param revision revision of the commit that writes it
     * @param previous the record's revision before, 0 for a new record
     * @param content off-heap; the caller wipes it
     * @param out off-heap, at least the content's length + {@link #OVERHEAD}
     * @return length of the blob in {@code out}, in bytes
     */
    public int seal(RecordName record, long revision, long previous, MemorySegment content, MemorySegment out) {
        int length = Math.toIntExact(content.byteSize());
        out.set(ValueLayout.JAVA_BYTE, 0, FORMAT);
        out.set(LONG, REVISION, revision);
        out.set(LONG, PREVIOUS, previous);
        engine.random(out.asSlice(NONCE, Sealer.NONCE_LENGTH));
        byte[] nonce = out.asSlice(NONCE, Sealer.NONCE_LENGTH).toArray(ValueLayout.JAVA_BYTE);
        MemorySegment body = out.asSlice(CIPHERTEXT, (long) length + Sealer.TAG_LENGTH);
        keys.sealer(record.purpose()).seal(nonce, binding(record, revision, previous), content, body);
        return length + OVERHEAD;
    }

    /**
     * Opens a record.
     *
     * @param record which record it must be
     * @param blob what {@link #seal} wrote, off-heap
     * @param out off-heap, at least the blob's length - {@link #OVERHEAD}; the caller wipes it
     * @return length of the content in {@code out}, in bytes
     * @throws SealFailure naming the record, if the blob is not that record as it was sealed
     */
    public int open(RecordName record, MemorySegment blob, MemorySegment out) {
        long length = blob.byteSize() - OVERHEAD;
        if (length < 0 || length > out.byteSize() || blob.get(ValueLayout.JAVA_BYTE, 0) != FORMAT) {
            throw broken(record);
        }
        byte[] nonce = blob.asSlice(NONCE, Sealer.NONCE_LENGTH).toArray(ValueLayout.JAVA_BYTE);
        byte[] binding = binding(record, revision(blob), previous(blob));
        boolean good =
                keys.sealer(record.purpose()).open(nonce, binding, blob.asSlice(CIPHERTEXT), out.asSlice(0, length));
        if (!good) {
            throw broken(record);
        }
        return (int) length;
    }

    /** Revision a blob says it has; true only if the blob opens or its mark fits the anchor. */
    public static long revision(MemorySegment blob) {
        return blob.get(LONG, REVISION);
    }

    /** Revision a blob says the record had before; true only if the blob opens or its mark fits the anchor. */
    public static long previous(MemorySegment blob) {
        return blob.get(LONG, PREVIOUS);
    }

    /**
     * Computes a record's mark: HMAC over its name and all its bytes. The record need not be opened.
     *
     * @param record which record it is
     * @param blob what {@link #seal} wrote, off-heap
     * @throws SealFailure naming the record, if the blob is too short to be one
     */
    public RecordMark mark(RecordName record, MemorySegment blob) {
        if (blob.byteSize() < OVERHEAD) {
            throw broken(record);
        }
        byte[] binding = binding(record, 0, 0);
        ByteBuffer context = ByteBuffer.allocate(binding.length + Math.toIntExact(blob.byteSize()));
        context.put(binding).put(blob.asByteBuffer());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mark = arena.allocate(MARK_LENGTH);
            engine.derive(keys.markingKey(), MARK_LABEL, context.array(), mark);
            long high = mark.get(LONG, 0);
            long low = mark.get(LONG, 8);
            RecordPlace placed = RecordPlace.of(record).times(high, low);
            mark.fill((byte) 0);
            return new RecordMark(revision(blob), high, low, placed.high(), placed.low());
        }
    }

    /**
     * Says that records do not add up to their anchor, and names the one that is not as it was if it is one alone.
     *
     * @param whose whose records they are, in the words of a sentence
     * @param vouched the anchor
     * @param found what they add up to
     * @param records the names of all of them
     */
    public static SealFailure unlike(String whose, Anchor vouched, Anchor found, Iterable<RecordName> records) {
        for (RecordName record : records) {
            if (vouched.differsAt(RecordPlace.of(record), found)) {
                return new SealFailure("the record \"" + record
                        + "\" is not in the state that the anchor vouches for: it or the anchor was put back in an older"
                        + " state, or it was added; restore the store from a backup");
            }
        }
        return new SealFailure("the store holds " + found.count() + " records of " + whose
                + " where their anchor vouches for " + vouched.count()
                + ", or several of them in an older state; restore the store from a backup");
    }

    private byte[] binding(RecordName record, long revision, long previous) {
        byte[] namespace = keys.namespace().getBytes(StandardCharsets.UTF_8);
        byte[] purpose = record.purpose().label().getBytes(StandardCharsets.US_ASCII);
        byte[] key = record.key().getBytes(StandardCharsets.UTF_8);
        byte[] version = record.version().getBytes(StandardCharsets.US_ASCII);
        int length = 1 + 4 * 4 + namespace.length + purpose.length + key.length + version.length + 16;
        ByteBuffer binding = ByteBuffer.allocate(length).put(FORMAT);
        for (byte[] part : new byte[][] {namespace, purpose, key, version}) {
            binding.putInt(part.length).put(part);
        }
        return binding.putLong(revision).putLong(previous).array();
    }

    private static SealFailure broken(RecordName record) {
        return new SealFailure("the record \"" + record
                + "\" does not open: it was changed, put in another's place, or sealed under another root key;"
                + " restore the store from a backup");
    }
}
