// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.algorithm.AesGcm;
import dev.managedhsm.crypto.key.KeyClass;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.jspecify.annotations.Nullable;

/**
 * A key of the portable engine: its secret encoding off-heap, its public part ready for use.
 *
 * <p>Any number of workers may use it at once. Using it after {@link #close()} ends in {@link IllegalStateException}.
 */
final class PortableKey implements EngineKey {
    private final KeyClass keyClass;
    private final @Nullable AsymmetricKeyParameter publicKey;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment secret;
    private AtomicLong encryptions = new AtomicLong();
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * @param publicKey RSA or EC public key; null for a symmetric key
     * @param secret secret encoding, already found good; copied
     */
    PortableKey(KeyClass keyClass, @Nullable AsymmetricKeyParameter publicKey, MemorySegment secret) {
        this.keyClass = keyClass;
        this.publicKey = publicKey;
        this.secret = arena.allocate(secret.byteSize());
        this.secret.copyFrom(secret);
    }

    @Override
    public KeyClass keyClass() {
        return keyClass;
    }

    /** The public key, of the type that the key class implies. */
    <T extends AsymmetricKeyParameter> T publicKey(Class<T> type) {
        if (!type.isInstance(publicKey)) {
            throw new IllegalStateException(keyClass + " has no such public key");
        }
        return type.cast(publicKey);
    }

    /** The secret encoding itself. */
    MemorySegment secret() {
        return secret;
    }

    /** A heap copy of the secret encoding, wiped with the call's other copies. */
    byte[] secret(HeapCopies copies) {
        return copies.copy(secret);
    }

    @Override
    public void countOn(AtomicLong shared) {
        encryptions = shared;
    }

    /** Counts one encryption with a random vector; false if the key has used up what it may encrypt. */
    boolean takeEncryption() {
        return encryptions.getAndIncrement() < AesGcm.ENCRYPTIONS_MAX;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            secret.fill((byte) 0);
            arena.close();
        }
    }
}
