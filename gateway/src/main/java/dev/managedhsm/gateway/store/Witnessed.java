// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.SealPurpose;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/**
 * Which anchors a store has. Immutable.
 *
 * @param keys the anchor of keys
 * @param roles the anchor of roles
 */
record Witnessed(Seen keys, Seen roles) {
    /** Length of the encoding, in bytes. */
    static final int LENGTH = 2 * (Long.BYTES + 32);

    private static final Seen NONE = new Seen(0, "00".repeat(32));

    /** What an empty store has. */
    static final Witnessed NOTHING = new Witnessed(NONE, NONE);

    /**
     * One anchor.
     *
     * @param revision of the commit that it names, 0 if there is none
     * @param digest SHA-256 of the sealed record, in hex; every sealing gives another one
     */
    record Seen(long revision, String digest) {
        /** Of a sealed anchor. */
        static Seen of(byte[] blob) {
            if (blob.length < RecordSeal.OVERHEAD) {
                return new Seen(0, digest(blob));
            }
            return new Seen(RecordSeal.revision(MemorySegment.ofArray(blob)), digest(blob));
        }

        private static String digest(byte[] blob) {
            try {
                return HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(blob));
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java has SHA-256", e);
            }
        }
    }

    static Witnessed of(Map<SealPurpose, Seen> seen) {
        return new Witnessed(
                seen.getOrDefault(SealPurpose.ANCHOR, NONE), seen.getOrDefault(SealPurpose.ROLE_ANCHOR, NONE));
    }

    Seen seen(SealPurpose anchor) {
        return anchor == SealPurpose.ANCHOR ? keys : roles;
    }

    Witnessed with(SealPurpose anchor, Seen seen) {
        return anchor == SealPurpose.ANCHOR ? new Witnessed(seen, roles) : new Witnessed(keys, seen);
    }

    /** Grows with every commit, because revisions of anchors only grow. */
    long counter() {
        return keys.revision() + roles.revision();
    }

    byte[] encode() {
        ByteBuffer bytes = ByteBuffer.allocate(LENGTH);
        for (Seen seen : new Seen[] {keys, roles}) {
            bytes.putLong(seen.revision()).put(HexFormat.of().parseHex(seen.digest()));
        }
        return bytes.array();
    }

    static Witnessed decode(byte[] encoded) {
        ByteBuffer bytes = ByteBuffer.wrap(encoded);
        return new Witnessed(decodeOne(bytes), decodeOne(bytes));
    }

    private static Seen decodeOne(ByteBuffer bytes) {
        long revision = bytes.getLong();
        byte[] digest = new byte[32];
        bytes.get(digest);
        return new Seen(revision, HexFormat.of().formatHex(digest));
    }
}
