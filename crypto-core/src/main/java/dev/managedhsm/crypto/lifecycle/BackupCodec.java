// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyRotation;
import dev.managedhsm.crypto.key.KeyType;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A key with all its versions as bytes off the heap, to be sealed as a backup. Numbers are big endian.
 *
 * <pre>
 *   format (1 byte), count (2)
 *   count times, oldest version first:  length (4), facts as {@link FactsCodec} writes them;  length (4), secret
 *   length (4, 0 if there is none), rotation policy as {@link RotationCodec} writes it
 *   end of the bytes
 * </pre>
 */
final class BackupCodec {
    private static final byte FORMAT = 1;
    private static final int HEAD_LENGTH = 3;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /**
     * Longest content of a backup, in bytes. As many versions as a key can have, each an RSA key of 4096 bits with a longest
     * release policy and longest tags, fit if all those are ASCII (2.2 MB).
     */
    static final int LENGTH_MAX = 2_300_000;

    /** Longest rotation policy, in bytes. */
    private static final int ROTATION_LENGTH_MAX = 4096;

    /**
     * A key as it was read.
     *
     * @param versions oldest first, at least one, all of one key
     * @param rotation its rotation policy
     */
    record Content(List<Version> versions, KeyRotation rotation) {}

    /**
     * One version as it was read.
     *
     * @param facts what is known of it
     * @param ordinal its place among the versions
     * @param secret its secret, a part of what was read
     */
    record Version(KeyFacts facts, int ordinal, MemorySegment secret) {}

    private BackupCodec() {}

    /** Room for versions with these facts, for a policy, and for a longest secret behind them, in bytes. */
    static long room(List<KeyFacts> facts, List<byte[]> encoded) {
        long room = HEAD_LENGTH + (long) Engine.SECRET_LENGTH_MAX + Integer.BYTES + ROTATION_LENGTH_MAX;
        for (int i = 0; i < facts.size(); i++) {
            room += 2L * Integer.BYTES
                    + encoded.get(i).length
                    + secretLengthMax(facts.get(i).keyClass());
        }
        return room;
    }

    /** An RSA secret has the modulus, an exponent as long, five numbers half as long, and the frames around them. */
    private static int secretLengthMax(KeyClass keyClass) {
        return keyClass.type() == KeyType.RSA ? keyClass.bytes() * 5 : keyClass.bytes();
    }

    /** Writes the head. Answers where the first version goes. */
    static long begin(MemorySegment out, int count) {
        out.set(JAVA_BYTE, 0, FORMAT);
        out.set(SHORT, 1, (short) count);
        return HEAD_LENGTH;
    }

    /** Writes the facts of a version. Answers where {@link #secret} puts its secret. */
    static long facts(MemorySegment out, long at, byte[] encoded) {
        out.set(INT, at, encoded.length);
        MemorySegment.copy(encoded, 0, out, JAVA_BYTE, at + Integer.BYTES, encoded.length);
        return at + Integer.BYTES + encoded.length;
    }

    /** Where the secret goes itself, with room for a longest one. */
    static MemorySegment secret(MemorySegment out, long at) {
        return out.asSlice(at + Integer.BYTES, Engine.SECRET_LENGTH_MAX);
    }

    /** Ends a version whose secret has been put where it goes. Answers where the next one goes. */
    static long ended(MemorySegment out, long at, int secretLength) {
        out.set(INT, at, secretLength);
        return at + Integer.BYTES + secretLength;
    }

    /** Writes the policy after the last version. Answers how long the whole is. */
    static long rotation(MemorySegment out, long at, KeyRotation rotation) {
        byte[] encoded = rotation.policy().blank() ? new byte[0] : RotationCodec.encode(rotation);
        return facts(out, at, encoded);
    }

    /**
     * Reads a backup that has been opened and so was written by an HSM of the same security domain; it is checked all the
     * same.
     *
     * @return null if these bytes are no backup, or one in a newer form
     */
    static @Nullable Content read(MemorySegment in) {
        if (in.byteSize() < HEAD_LENGTH || in.byteSize() > LENGTH_MAX || in.get(JAVA_BYTE, 0) != FORMAT) {
            return null;
        }
        int count = Short.toUnsignedInt(in.get(SHORT, 1));
        if (count < 1 || count > LifecycleLimits.VERSIONS_MAX) {
            return null;
        }
        List<Version> versions = new ArrayList<>(count);
        long at = HEAD_LENGTH;
        for (int i = 0; i < count; i++) {
            MemorySegment facts = part(in, at, Draft.CONTENT_LENGTH_MAX);
            MemorySegment secret =
                    facts == null ? null : part(in, at + Integer.BYTES + facts.byteSize(), Engine.SECRET_LENGTH_MAX);
            FactsCodec.Placed placed = facts == null ? null : placed(facts);
            if (facts == null || secret == null || placed == null) {
                return null;
            }
            versions.add(new Version(placed.facts(), placed.ordinal(), secret));
            at += 2L * Integer.BYTES + facts.byteSize() + secret.byteSize();
        }
        KeyRotation rotation = rotation(in, at);
        return rotation != null && coherent(versions) ? new Content(versions, rotation) : null;
    }

    /** The policy, which ends the bytes; null if it does not, or cannot be read. */
    private static @Nullable KeyRotation rotation(MemorySegment in, long at) {
        long length = in.byteSize() - at - Integer.BYTES;
        if (length < 0 || length > ROTATION_LENGTH_MAX || in.get(INT, at) != length) {
            return null;
        }
        try {
            byte[] encoded = in.asSlice(at + Integer.BYTES).toArray(JAVA_BYTE);
            return encoded.length == 0 ? KeyRotation.NONE : RotationCodec.decode(encoded);
        } catch (UncheckedIOException | IllegalArgumentException newerOrBroken) {
            return null;
        }
    }

    private static @Nullable MemorySegment part(MemorySegment in, long at, int lengthMax) {
        if (in.byteSize() - at < Integer.BYTES) {
            return null;
        }
        int length = in.get(INT, at);
        boolean whole = length > 0 && length <= lengthMax && length <= in.byteSize() - at - Integer.BYTES;
        return whole ? in.asSlice(at + Integer.BYTES, length) : null;
    }

    private static FactsCodec.@Nullable Placed placed(MemorySegment facts) {
        try {
            return FactsCodec.decode(facts.toArray(JAVA_BYTE));
        } catch (UncheckedIOException | IllegalArgumentException | IllegalStateException newerOrBroken) {
            return null;
        }
    }

    /** Whether these can be the versions of one key: one name, ordinals in order, no version twice. */
    private static boolean coherent(List<Version> versions) {
        String name = versions.getFirst().facts().name().text();
        Set<String> ids = new HashSet<>();
        int last = 0;
        for (Version version : versions) {
            boolean next = version.ordinal() > last && version.ordinal() <= LifecycleLimits.VERSIONS_MAX;
            if (!next
                    || !version.facts().name().text().equals(name)
                    || !ids.add(version.facts().version().text())) {
                return false;
            }
            last = version.ordinal();
        }
        return true;
    }
}
