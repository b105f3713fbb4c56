// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import java.lang.foreign.MemorySegment;

/** The lengths that {@link Engine#sealContent} and {@link Engine#openContent} demand, the same for every engine. */
final class ContentRules {
    private ContentRules() {}

    static void checkSeal(MemorySegment key, MemorySegment iv, MemorySegment plaintext, MemorySegment out) {
        boolean fits = out.byteSize() == Engine.sealedContentLength(plaintext.byteSize());
        check(key, iv, fits && plaintext.isNative() && out.isNative());
    }

    /** Answers whether the sealed bytes have a length that any ciphertext has; what else is wrong is a mistake of ours. */
    static boolean openable(MemorySegment key, MemorySegment iv, MemorySegment sealed, MemorySegment out) {
        long length = sealed.byteSize() - Engine.CONTENT_TAG_LENGTH;
        check(key, iv, out.byteSize() >= length && sealed.isNative() && out.isNative());
        return length > 0 && length % Engine.CONTENT_IV_LENGTH == 0;
    }

    private static void check(MemorySegment key, MemorySegment iv, boolean fits) {
        boolean good = key.byteSize() == Engine.CONTENT_KEY_LENGTH
                && iv.byteSize() == Engine.CONTENT_IV_LENGTH
                && key.isNative()
                && iv.isNative();
        if (!good || !fits) {
            throw new IllegalStateException("a key, vector or room of the wrong length, or memory on the heap");
        }
    }
}
