// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.algorithm.AesGcm;
import dev.managedhsm.crypto.algorithm.Scratch;
import dev.managedhsm.crypto.algorithm.SymmetricKey;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Seals records with the native library. Threads wait for each other: the control worker, and workers that load a cold key. */
final class NativeSealer implements Sealer {
    private final SymmetricKey key;
    private final Scratch scratch = new Scratch();

    NativeSealer(SymmetricKey key) {
        this.key = key;
    }

    @Override
    public synchronized void seal(byte[] nonce, byte[] aad, MemorySegment plaintext, MemorySegment out) {
        check(nonce, plaintext.byteSize() + TAG_LENGTH == out.byteSize() && plaintext.isNative() && out.isNative());
        int length = (int) plaintext.byteSize();
        NativeCall.run(() -> {
            try (Arena arena = Arena.ofConfined()) {
                long iv = copied(arena, nonce);
                long bound = copied(arena, aad);
                long to = out.address();
                AesGcm.seal(key, iv, bound, aad.length, plaintext.address(), length, to, to + length, scratch);
            }
        });
    }

    @Override
    public synchronized boolean open(byte[] nonce, byte[] aad, MemorySegment sealed, MemorySegment out) {
        check(nonce, sealed.byteSize() == out.byteSize() + TAG_LENGTH && sealed.isNative() && out.isNative());
        int length = (int) out.byteSize();
        boolean opened = NativeCall.of(() -> {
            try (Arena arena = Arena.ofConfined()) {
                long iv = copied(arena, nonce);
                long bound = copied(arena, aad);
                long from = sealed.address();
                return AesGcm.open(key, iv, bound, aad.length, from, length, from + length, out.address(), scratch);
            }
        });
        if (!opened) {
            out.fill((byte) 0);
        }
        return opened;
    }

    @Override
    public synchronized void close() {
        key.close();
        scratch.close();
    }

    private static void check(byte[] nonce, boolean fits) {
        if (nonce.length != NONCE_LENGTH || !fits) {
            throw new IllegalStateException("nonce or output of the wrong length, or memory on the heap");
        }
    }

    private static long copied(Arena arena, byte[] bytes) {
        return arena.allocateFrom(JAVA_BYTE, bytes).address();
    }
}
