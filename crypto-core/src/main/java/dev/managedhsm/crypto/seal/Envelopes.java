// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.EngineKey;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.memory.LockedMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Seals and opens {@link Envelope}s, under a key that both sides have or to the holder of an RSA key. Any thread. */
final class Envelopes {
    private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

    private final Engine engine;

    Envelopes(Engine engine) {
        this.engine = engine;
    }

    /** Seals under a key that both sides have ({@code alg} is {@code dir}). */
    Envelope seal(MemorySegment key, String kid, MemorySegment content) {
        return seal(key, header("dir", kid), new byte[0], content);
    }

    /**
     * Seals to the holder of an RSA key, under a fresh content key.
     *
     * @return null if the public key cannot be used
     */
    @Nullable
    Envelope sealTo(PublicPart.Rsa to, MemorySegment content) {
        try (LockedMemory memory = LockedMemory.allocate(Engine.CONTENT_KEY_LENGTH, "content key");
                Arena arena = Arena.ofConfined()) {
            MemorySegment key = memory.segment().asSlice(0, Engine.CONTENT_KEY_LENGTH);
            engine.random(key);
            MemorySegment wrapped = arena.allocate(Math.max(1, to.modulus().length));
            return engine.encryptTo(to, key, wrapped) == Engine.TRANSPORT_FAILED
                    ? null
                    : seal(key, header("RSA-OAEP-256", "not used"), wrapped.toArray(JAVA_BYTE), content);
        }
    }

    private Envelope seal(MemorySegment key, byte[] header, byte[] wrappedKey, MemorySegment content) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment iv = arena.allocate(Engine.CONTENT_IV_LENGTH);
            engine.random(iv);
            MemorySegment sealed = arena.allocate(Engine.sealedContentLength(content.byteSize()));
            engine.sealContent(key, iv, header, content, sealed);
            long tagAt = sealed.byteSize() - Engine.CONTENT_TAG_LENGTH;
            return new Envelope(
                    header,
                    wrappedKey,
                    iv.toArray(JAVA_BYTE),
                    sealed.asSlice(0, tagAt).toArray(JAVA_BYTE),
                    sealed.asSlice(tagAt).toArray(JAVA_BYTE));
        }
    }

    /**
     * Opens an envelope under a key that both sides have.
     *
     * @return the content, or null if it is not as it was sealed under this key
     */
    @Nullable
    BackupContent open(MemorySegment key, Envelope envelope) {
        if (envelope.iv().length != Engine.CONTENT_IV_LENGTH || envelope.tag().length != Engine.CONTENT_TAG_LENGTH) {
            return null;
        }
        int room = envelope.ciphertext().length;
        LockedMemory memory = LockedMemory.allocate(Math.max(1, room), "the content of an envelope");
        int length = Engine.CONTENT_NOT_OURS;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment sealed = arena.allocate(room + (long) Engine.CONTENT_TAG_LENGTH);
            MemorySegment.copy(envelope.ciphertext(), 0, sealed, JAVA_BYTE, 0, room);
            MemorySegment.copy(envelope.tag(), 0, sealed, JAVA_BYTE, room, Engine.CONTENT_TAG_LENGTH);
            MemorySegment iv = arena.allocateFrom(JAVA_BYTE, envelope.iv());
            length = engine.openContent(key, iv, envelope.header(), sealed, memory.segment());
        } finally {
            if (length == Engine.CONTENT_NOT_OURS) {
                memory.close();
            }
        }
        return length == Engine.CONTENT_NOT_OURS ? null : new BackupContent(memory, length);
    }

    /**
     * Opens an envelope that was sealed to an RSA key of this engine.
     *
     * @return the content, or null if it was sealed to another key or is not as it was sealed
     */
    @Nullable
    BackupContent open(EngineKey key, Envelope envelope) {
        try (LockedMemory memory = LockedMemory.allocate(key.keyClass().bytes(), "content key");
                Arena arena = Arena.ofConfined()) {
            MemorySegment wrapped = arena.allocateFrom(JAVA_BYTE, envelope.wrappedKey());
            int length = wrapped.byteSize() == 0
                    ? Engine.TRANSPORT_FAILED
                    : engine.decryptWith(key, wrapped, memory.segment());
            return length == Engine.CONTENT_KEY_LENGTH ? open(memory.segment().asSlice(0, length), envelope) : null;
        }
    }

    private static byte[] header(String algorithm, String kid) {
        String json = "{\"alg\":\"" + algorithm + "\",\"enc\":\"A256CBC-HS512\",\"kid\":\"" + kid + "\"}";
        return BASE64URL.encode(json.getBytes(StandardCharsets.US_ASCII));
    }
}
