// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import dev.managedhsm.crypto.foreign.LibCrypto;
import dev.managedhsm.crypto.foreign.LibraryFailure;
import dev.managedhsm.crypto.foreign.Secp256k1;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.memory.SecretCells;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A secp256k1 pair for libsecp256k1, in locked memory: the scalar, then the parsed public key.
 *
 * <pre>
 *   0        32                   96
 *   | scalar | parsed public key  |
 * </pre>
 */
public final class CurveKey implements LoadedKey {
    private static final int SCALAR_LENGTH = 32;
    private static final int POINT_LENGTH = 65;

    /** Chances of 1 in 2^128 to be out of range, so one more draw is already one too many. */
    private static final int DRAWS_MAX = 2;

    private final SecretCells cells;
    private final MemorySegment cell;
    private final AtomicBoolean closed = new AtomicBoolean();

    private CurveKey(SecretCells cells, MemorySegment cell) {
        this.cells = cells;
        this.cell = cell;
    }

    /** Makes a pair from a random scalar, drawn again if out of range (FIPS 186-5 appendix A.2.2). */
    static NewKey generate(MemorySegment secret, SecretCells cells) {
        MemorySegment scalar = secret.asSlice(0, SCALAR_LENGTH);
        for (int draw = 0; draw < DRAWS_MAX; draw++) {
            MemorySegment cell = cells.take();
            boolean drawn = LibCrypto.random(scalar.address(), SCALAR_LENGTH)
                    && Secp256k1.derive(scalar.address(), cell.address() + SCALAR_LENGTH);
            MemorySegment.copy(scalar, 0, cell, 0, SCALAR_LENGTH);
            try (CurveKey key = new CurveKey(cells, cell)) {
                if (drawn) {
                    return new NewKey(SCALAR_LENGTH, key.publicPart());
                }
            }
        }
        LibCrypto.clearErrors(); // the draws may have failed for want of random bytes
        throw new LibraryFailure("the library could not make an EC key");
    }

    static CurveKey load(PublicPart publicPart, MemorySegment secret, SecretCells cells) {
        MemorySegment cell = cells.take();
        MemorySegment.copy(secret, 0, cell, 0, SCALAR_LENGTH);
        CurveKey key = new CurveKey(cells, cell);
        try {
            boolean inRange = Secp256k1.derive(key.address(), key.publicKey());
            if (!inRange || !key.publicPart().equals(publicPart)) {
                throw new LibraryFailure("the secret is no key of class P_256K with this public part");
            }
            return key;
        } catch (RuntimeException | Error e) {
            key.close();
            throw e;
        }
    }

    /** The public part that belongs to a scalar, which must be in range. */
    static PublicPart.Point point(MemorySegment secret, SecretCells cells) {
        MemorySegment cell = cells.take();
        MemorySegment.copy(secret, 0, cell, 0, SCALAR_LENGTH);
        try (CurveKey key = new CurveKey(cells, cell)) {
            if (!Secp256k1.derive(key.address(), key.publicKey())) {
                throw new LibraryFailure("the secret is no key of class P_256K");
            }
            return key.publicPart();
        }
    }

    @Override
    public KeyClass keyClass() {
        return KeyClass.P_256K;
    }

    /** Address of the scalar. */
    long address() {
        if (closed.getPlain()) {
            throw new IllegalStateException("the key was closed");
        }
        return cell.address();
    }

    /** Address of the parsed public key. */
    long publicKey() {
        return address() + SCALAR_LENGTH;
    }

    private PublicPart.Point publicPart() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment point = arena.allocate(POINT_LENGTH);
            if (!Secp256k1.point(publicKey(), point)) {
                throw new LibraryFailure("the library tells no public part");
            }
            return EcKeys.point(point.toArray(ValueLayout.JAVA_BYTE), SCALAR_LENGTH);
        }
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            cells.give(cell);
        }
    }
}
