// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.key.KeyClass;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * A few RSA pairs made beforehand, because making one takes from a tenth of a second to several seconds. Filled by the
 * key generator; any thread may take.
 */
final class RsaKeyPool {
    private final Map<KeyClass, BlockingQueue<FreshSecret>> pairs = new EnumMap<>(KeyClass.class);

    RsaKeyPool() {
        pairs.put(KeyClass.RSA_2048, new ArrayBlockingQueue<>(4));
        pairs.put(KeyClass.RSA_3072, new ArrayBlockingQueue<>(1));
        pairs.put(KeyClass.RSA_4096, new ArrayBlockingQueue<>(1));
    }

    /** A pair that nobody else gets, or null if none is ready. */
    @Nullable
    FreshSecret take(KeyClass keyClass) {
        BlockingQueue<FreshSecret> ready = pairs.get(keyClass);
        return ready == null ? null : ready.poll();
    }

    /** Which kind of pair should be made next, or null if all are there. The cheap and popular ones come first. */
    @Nullable
    KeyClass wanting() {
        for (Map.Entry<KeyClass, BlockingQueue<FreshSecret>> ready : pairs.entrySet()) {
            if (ready.getValue().remainingCapacity() > 0) {
                return ready.getKey();
            }
        }
        return null;
    }

    /** Puts a pair; one that finds no room is dropped. */
    void put(FreshSecret pair) {
        BlockingQueue<FreshSecret> ready = pairs.get(pair.keyClass());
        if (ready == null || !ready.offer(pair)) {
            throw new IllegalStateException("the pool did not want this pair");
        }
    }
}
