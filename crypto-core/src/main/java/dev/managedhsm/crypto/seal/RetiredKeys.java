// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.Sealer;
import dev.managedhsm.crypto.memory.LockedMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Retired root keys as a record: sealed by AES-256-GCM under a key that is derived from the root key in use, with its
 * identity as context, and for nothing else. Stateless; any thread.
 *
 * <pre>
 *   nonce (12 bytes), 32 bytes for each key, the latest first (encrypted), tag (16 bytes)
 * </pre>
 */
public final class RetiredKeys {
    private static final byte[] LABEL = "retired root keys".getBytes(StandardCharsets.US_ASCII);

    private RetiredKeys() {}

    /** The record; empty if there are none. */
    public static byte[] seal(Engine engine, RootKeys roots) {
        int length = roots.retired().size() * RootKey.LENGTH;
        if (length == 0) {
            return new byte[0];
        }
        try (LockedMemory content = LockedMemory.allocate(length, "retired root keys");
                Arena arena = Arena.ofConfined();
                Sealer sealer = sealer(engine, roots.current())) {
            for (int i = 0; i < roots.retired().size(); i++) {
                MemorySegment key = roots.retired().get(i).bytes();
                MemorySegment.copy(key, 0, content.segment(), (long) i * RootKey.LENGTH, RootKey.LENGTH);
            }
            MemorySegment out = arena.allocate(Sealer.NONCE_LENGTH + (long) length + Sealer.TAG_LENGTH);
            engine.random(out.asSlice(0, Sealer.NONCE_LENGTH));
            byte[] nonce = out.asSlice(0, Sealer.NONCE_LENGTH).toArray(JAVA_BYTE);
            sealer.seal(nonce, LABEL, content.segment(), out.asSlice(Sealer.NONCE_LENGTH));
            return out.toArray(JAVA_BYTE);
        }
    }

    /**
     * Opens the record.
     *
     * @param current the root key in use
     * @param record what {@link #seal} made
     * @return the keys, to be closed by the caller
     * @throws SealFailure if it is not as it was sealed under this root key
     */
    public static List<RootKey> open(Engine engine, RootKey current, byte[] record) {
        int length = record.length - Sealer.NONCE_LENGTH - Sealer.TAG_LENGTH;
        if (record.length == 0) {
            return List.of();
        }
        if (length <= 0 || length % RootKey.LENGTH != 0 || length / RootKey.LENGTH >= RootKeys.COUNT_MAX) {
            throw broken();
        }
        try (LockedMemory content = LockedMemory.allocate(length, "retired root keys");
                Arena arena = Arena.ofConfined();
                Sealer sealer = sealer(engine, current)) {
            MemorySegment blob = arena.allocateFrom(JAVA_BYTE, record);
            byte[] nonce = blob.asSlice(0, Sealer.NONCE_LENGTH).toArray(JAVA_BYTE);
            if (!sealer.open(nonce, LABEL, blob.asSlice(Sealer.NONCE_LENGTH), content.segment())) {
                throw broken();
            }
            List<RootKey> keys = new ArrayList<>();
            for (int at = 0; at < length; at += RootKey.LENGTH) {
                keys.add(RootKey.of(content.segment().asSlice(at, RootKey.LENGTH)));
            }
            return keys;
        }
    }

    private static Sealer sealer(Engine engine, RootKey current) {
        try (LockedMemory memory = LockedMemory.allocate(RootKey.LENGTH, "key of retired root keys")) {
            MemorySegment key = memory.segment().asSlice(0, RootKey.LENGTH);
            engine.derive(current.bytes(), LABEL, current.identity(engine), key);
            return engine.sealer(key);
        }
    }

    private static SealFailure broken() {
        return new SealFailure(
                "the record of retired root keys does not open: it was changed, or sealed under another root"
                        + " key; restore the store from a backup");
    }
}
