// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.algorithm.RsaNumbers;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.keyring.SecretAccess;
import dev.managedhsm.crypto.memory.LockedMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.Map;

/**
 * The secret parts of a key that somebody brings in the clear, in locked memory, one behind the other. Filled by one
 * thread, then handed to {@link KeyLifecycle#importKey}, which closes it.
 */
public final class KeyMaterial implements AutoCloseable {
    /** The numbers of an RSA-4096 key take 1.8 KB. */
    private static final int LENGTH_MAX = 4096;

    /** What can be in it, all big endian and unsigned. */
    public enum Part {
        /** RSA: d. */
        PRIVATE_EXPONENT,
        /** RSA: p. */
        FIRST_PRIME,
        /** RSA: q. */
        SECOND_PRIME,
        /** RSA: d mod (p - 1). */
        FIRST_EXPONENT,
        /** RSA: d mod (q - 1). */
        SECOND_EXPONENT,
        /** RSA: the inverse of q mod p. */
        COEFFICIENT,
        /** EC: the scalar, as long as the curve's field. */
        SCALAR,
        /** Symmetric: the key itself. */
        KEY
    }

    private final LockedMemory memory = LockedMemory.allocate(LENGTH_MAX, "a key on its way in");
    private final Map<Part, MemorySegment> parts = new EnumMap<>(Part.class);
    private int end;

    /** Material without parts, to be closed. */
    public KeyMaterial() {}

    /** Where parts are written: the next one at {@link #end()}. */
    public MemorySegment memory() {
        return memory.segment();
    }

    /** Behind the last part. */
    public int end() {
        return end;
    }

    /** How many bytes are left. */
    public int room() {
        return LENGTH_MAX - end;
    }

    /**
     * Says that a part has been written.
     *
     * @param start of its first byte, at {@link #end()} or behind
     * @param length in bytes, at least 1
     */
    public void put(Part part, int start, int length) {
        if (start < end || length < 1 || length > LENGTH_MAX - start) {
            throw new IllegalStateException("a part lies behind the one before and has a byte at least");
        }
        parts.put(part, memory.segment().asSlice(start, length));
        end = start + length;
    }

    /** Length of a part, in bytes; 0 if it is not there. */
    public int length(Part part) {
        MemorySegment bytes = parts.get(part);
        return bytes == null ? 0 : (int) bytes.byteSize();
    }

    /**
     * Writes the secret encoding. All parts of the key type must be there.
     *
     * @param publicPart says which type of key this is
     * @param access the right to let a secret in, {@link SecretAccess#IMPORT}
     * @param out off-heap, long enough for any class; the caller wipes it
     * @return the length in bytes; 0 if there is no room for it, so that it is no key of any class
     */
    int write(PublicPart publicPart, SecretAccess access, MemorySegment out) {
        if (access != SecretAccess.IMPORT) {
            throw new IllegalStateException("material only comes in");
        }
        return switch (publicPart) {
            case PublicPart.Rsa rsa -> {
                try (Arena arena = Arena.ofConfined()) {
                    yield new RsaNumbers(
                                    arena.allocateFrom(JAVA_BYTE, rsa.modulus()),
                                    arena.allocateFrom(JAVA_BYTE, rsa.exponent()),
                                    part(Part.PRIVATE_EXPONENT),
                                    part(Part.FIRST_PRIME),
                                    part(Part.SECOND_PRIME),
                                    part(Part.FIRST_EXPONENT),
                                    part(Part.SECOND_EXPONENT),
                                    part(Part.COEFFICIENT))
                            .write(out);
                }
            }
            case PublicPart.Point _ -> copy(part(Part.SCALAR), out);
            case PublicPart.None _ -> copy(part(Part.KEY), out);
        };
    }

    private MemorySegment part(Part part) {
        MemorySegment bytes = parts.get(part);
        if (bytes == null) {
            throw new IllegalStateException("no " + part + " was put");
        }
        return bytes;
    }

    private static int copy(MemorySegment bytes, MemorySegment out) {
        MemorySegment.copy(bytes, 0, out, 0, bytes.byteSize());
        return (int) bytes.byteSize();
    }

    /** Wipes. */
    @Override
    public void close() {
        memory.close();
    }
}
