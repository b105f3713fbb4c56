// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.Sealer;
import dev.managedhsm.crypto.memory.LockedMemory;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;

/**
 * One key per {@link SealPurpose}, and the marking key, all derived from the root key by NIST SP 800-108 with the
 * purpose as label and the namespace as context. May be used by any thread; closed once, when nobody seals any more.
 */
public final class SealingKeys implements AutoCloseable {
    private static final int KEY_LENGTH = 32;
    private static final String MARKING_LABEL = "record mark";

    private final String namespace;
    private final Map<SealPurpose, Sealer> sealers = new EnumMap<>(SealPurpose.class);
    private final LockedMemory markingKey;

    /**
     * Derives the keys. The root key is not kept.
     *
     * @param engine what derives and seals
     * @param root the root key
     * @param namespace which HSM the records belong to; records of one namespace do not open in another
     */
    public SealingKeys(Engine engine, RootKey root, String namespace) {
        this.namespace = namespace;
        byte[] context = namespace.getBytes(StandardCharsets.UTF_8);
        try (LockedMemory derived = LockedMemory.allocate(KEY_LENGTH, "derived sealing key")) {
            MemorySegment key = derived.segment().asSlice(0, KEY_LENGTH);
            for (SealPurpose purpose : SealPurpose.values()) {
                engine.derive(root.bytes(), purpose.label().getBytes(StandardCharsets.UTF_8), context, key);
                sealers.put(purpose, engine.sealer(key));
                derived.wipe();
            }
        }
        markingKey = LockedMemory.allocate(KEY_LENGTH, "record marking key");
        engine.derive(root.bytes(), MARKING_LABEL.getBytes(StandardCharsets.UTF_8), context, markingKey());
    }

    /** Which HSM the records belong to. */
    public String namespace() {
        return namespace;
    }

    Sealer sealer(SealPurpose purpose) {
        Sealer sealer = sealers.get(purpose);
        if (sealer == null) {
            throw new IllegalStateException("no sealing key for " + purpose);
        }
        return sealer;
    }

    MemorySegment markingKey() {
        return markingKey.segment().asSlice(0, KEY_LENGTH);
    }

    /** Wipes all keys. */
    @Override
    public void close() {
        sealers.values().forEach(Sealer::close);
        markingKey.close();
    }
}
