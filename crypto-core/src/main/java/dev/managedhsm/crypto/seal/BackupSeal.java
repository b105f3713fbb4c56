// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.memory.LockedMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Seals the backup of a key so that it may be kept by anybody, and opens it again on every HSM that has the same root key,
 * whatever its namespace. May be used by any thread; closed once, when nobody seals any more.
 *
 * <pre>
 *   base64url(header) . . base64url(vector) . base64url(ciphertext) . base64url(tag)
 * </pre>
 *
 * <p>The text is a compact JWE (RFC 7516) with a key that both sides have (RFC 7518 section 4.5) and the content encryption
 * of RFC 7518 section 5.2.5. The key is derived from the root key by NIST SP 800-108 under its own label, with the identity
 * of the root key as context, and seals nothing else. A backup that was made before the root key was rotated opens too.
 */
public final class BackupSeal implements AutoCloseable {
    private static final String HEADER =
            "{\"alg\":\"dir\",\"enc\":\"A256CBC-HS512\",\"kid\":\"backup-protection-key\"}";
    private static final String KEY_LABEL = "key backup";

    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

    /** Also what the ciphertext is bound to (RFC 7516 section 5.1, step 14). */
    private static final byte[] ENCODED_HEADER = ENCODER.encode(HEADER.getBytes(StandardCharsets.US_ASCII));

    private static final int IV_AT = ENCODED_HEADER.length + 2;
    private static final int IV_CHARACTERS = encodedLength(Engine.CONTENT_IV_LENGTH);
    private static final int CIPHERTEXT_AT = IV_AT + IV_CHARACTERS + 1;
    private static final int TAG_CHARACTERS = encodedLength(Engine.CONTENT_TAG_LENGTH);

    private final Engine engine;
    private final byte[] identity;
    /** That of the current root key, with which is sealed, then those of retired ones, with which is opened only. */
    private final List<LockedMemory> keys = new ArrayList<>();

    /**
     * Derives the key. The root key is not kept.
     *
     * @param engine what derives and encrypts
     * @param root the root key
     */
    public BackupSeal(Engine engine, RootKey root) {
        this(engine, RootKeys.of(root));
    }

    /**
     * Derives the keys. The root keys are not kept.
     *
     * @param engine what derives and encrypts
     * @param roots backups are sealed under the current one; those that were sealed under a retired one are opened too
     */
    public BackupSeal(Engine engine, RootKeys roots) {
        this.engine = engine;
        this.identity = roots.current().identity(engine);
        add(roots.current());
        roots.retired().forEach(this::add);
    }

    private void add(RootKey root) {
        LockedMemory memory = LockedMemory.allocate(Engine.CONTENT_KEY_LENGTH, "backup protection key");
        keys.add(memory);
        engine.derive(root.bytes(), ascii(KEY_LABEL), root.identity(engine), key(memory));
    }

    /**
     * The identity of the root key: the same for all HSMs of one security domain, another one for every other. No secret;
     * 22 characters of base64url.
     */
    public String identity() {
        return ENCODER.encodeToString(identity);
    }

    /** How many characters {@link #seal} makes of content of this length. */
    public static int textLength(int contentLength) {
        long sealed = Engine.sealedContentLength(contentLength);
        return CIPHERTEXT_AT
                + encodedLength(Math.toIntExact(sealed - Engine.CONTENT_TAG_LENGTH))
                + 1
                + encodedLength(Engine.CONTENT_TAG_LENGTH);
    }

    /**
     * Seals.
     *
     * @param content off-heap; the caller wipes it
     * @return the text, ASCII; no secret any more
     */
    public byte[] seal(MemorySegment content) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment iv = arena.allocate(Engine.CONTENT_IV_LENGTH);
            engine.random(iv);
            MemorySegment sealed = arena.allocate(Engine.sealedContentLength(content.byteSize()));
            engine.sealContent(key(keys.getFirst()), iv, ENCODED_HEADER, content, sealed);
            long tagAt = sealed.byteSize() - Engine.CONTENT_TAG_LENGTH;
            ByteBuffer text = ByteBuffer.allocate(textLength(Math.toIntExact(content.byteSize())));
            text.put(ENCODED_HEADER).put((byte) '.').put((byte) '.');
            text.put(encoded(iv)).put((byte) '.');
            text.put(encoded(sealed.asSlice(0, tagAt))).put((byte) '.');
            return text.put(encoded(sealed.asSlice(tagAt))).array();
        }
    }

    /**
     * Opens. Nothing of the text is looked at but its form before its tag has been found good.
     *
     * @param text what {@link #seal} made; any other byte is refused, also where it would mean the same
     * @return the content, to be closed by the caller, or null if this is no text of this root key as it was sealed
     */
    public @Nullable BackupContent open(byte[] text) {
        int tagAt = text.length - TAG_CHARACTERS;
        if (tagAt - 1 <= CIPHERTEXT_AT || !formed(text, tagAt)) {
            return null;
        }
        byte[] iv = decoded(text, IV_AT, CIPHERTEXT_AT - 1);
        byte[] ciphertext = decoded(text, CIPHERTEXT_AT, tagAt - 1);
        byte[] tag = decoded(text, tagAt, text.length);
        if (iv == null || ciphertext == null || tag == null) {
            return null;
        }
        BackupContent content = null;
        for (int i = 0; content == null && i < keys.size(); i++) {
            content = open(key(keys.get(i)), iv, ciphertext, tag);
        }
        return content;
    }

    private @Nullable BackupContent open(MemorySegment key, byte[] iv, byte[] ciphertext, byte[] tag) {
        LockedMemory memory = LockedMemory.allocate(Math.max(1, ciphertext.length), "the content of a backup");
        int length = Engine.CONTENT_NOT_OURS;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment sealed = arena.allocate(ciphertext.length + (long) tag.length);
            MemorySegment.copy(ciphertext, 0, sealed, JAVA_BYTE, 0, ciphertext.length);
            MemorySegment.copy(tag, 0, sealed, JAVA_BYTE, ciphertext.length, tag.length);
            MemorySegment vector = arena.allocateFrom(JAVA_BYTE, iv);
            length = engine.openContent(key, vector, ENCODED_HEADER, sealed, memory.segment());
        } finally {
            if (length == Engine.CONTENT_NOT_OURS) {
                memory.close();
            }
        }
        return length == Engine.CONTENT_NOT_OURS ? null : new BackupContent(memory, length);
    }

    private static boolean formed(byte[] text, int tagAt) {
        return Arrays.equals(text, 0, ENCODED_HEADER.length, ENCODED_HEADER, 0, ENCODED_HEADER.length)
                && text[ENCODED_HEADER.length] == '.'
                && text[IV_AT - 1] == '.'
                && text[CIPHERTEXT_AT - 1] == '.'
                && text[tagAt - 1] == '.';
    }

    /** The bytes of a part, or null if it is not exactly what encoding them gives. */
    private static byte @Nullable [] decoded(byte[] text, int from, int to) {
        byte[] part = Arrays.copyOfRange(text, from, to);
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(part);
            return Arrays.equals(ENCODER.encode(bytes), part) ? bytes : null;
        } catch (IllegalArgumentException notBase64) {
            return null;
        }
    }

    private static byte[] encoded(MemorySegment bytes) {
        return ENCODER.encode(bytes.toArray(JAVA_BYTE));
    }

    private static int encodedLength(int bytes) {
        return Math.toIntExact((bytes * 4L + 2) / 3);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static MemorySegment key(LockedMemory memory) {
        return memory.segment().asSlice(0, Engine.CONTENT_KEY_LENGTH);
    }

    /** Wipes the keys. */
    @Override
    public void close() {
        keys.forEach(LockedMemory::close);
    }
}
