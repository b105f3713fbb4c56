// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/** Sealer of the portable engine; keeps its key off-heap and copies it to the heap for each call only. */
final class PortableSealer implements Sealer {
    private static final int KEY_LENGTH = 32;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment key;
    private final AtomicBoolean closed = new AtomicBoolean();

    PortableSealer(MemorySegment key) {
        if (key.byteSize() != KEY_LENGTH) {
            throw new IllegalStateException("a sealer needs a key of 32 bytes");
        }
        this.key = arena.allocate(KEY_LENGTH);
        this.key.copyFrom(key);
    }

    @Override
    public void seal(byte[] nonce, byte[] aad, MemorySegment plaintext, MemorySegment out) {
        check(nonce.length == NONCE_LENGTH && out.byteSize() == plaintext.byteSize() + TAG_LENGTH);
        try (HeapCopies copies = new HeapCopies()) {
            byte[] sealed = PortableAes.sealed(copies.copy(key), nonce, aad, copies.copy(plaintext), copies);
            out.copyFrom(MemorySegment.ofArray(sealed));
        }
    }

    @Override
    public boolean open(byte[] nonce, byte[] aad, MemorySegment sealed, MemorySegment out) {
        check(nonce.length == NONCE_LENGTH && sealed.byteSize() == out.byteSize() + TAG_LENGTH);
        try (HeapCopies copies = new HeapCopies()) {
            byte[] opened = copies.allocate(Math.toIntExact(out.byteSize()));
            boolean good = PortableAes.opened(copies.copy(key), nonce, aad, copies.copy(sealed), opened, copies);
            out.copyFrom(MemorySegment.ofArray(opened));
            return good;
        }
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            key.fill((byte) 0);
            arena.close();
        }
    }

    private static void check(boolean lengthsAgree) {
        if (!lengthsAgree) {
            throw new IllegalStateException("nonce, sealed bytes and plaintext have not the lengths they must have");
        }
    }
}
