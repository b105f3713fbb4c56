// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.keyring;

import java.util.BitSet;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Which reader uses which key right now: one place per reader, each on cache lines of its own.
 *
 * <p>What readers must do: {@link #hold} a key, then look whether it is still findable, and use it only then; {@link
 * #release} it when done. What the control worker must do: make a key or engine key unfindable, then ask {@link #held},
 * and free only what is not held. What follows: the volatile write of a hold and the volatile read that looks again
 * cannot both miss the control worker's write and read in the other order, so what is freed is used by nobody.
 *
 * <p>Holding and releasing never wait. Asking walks over all readers.
 */
final class Hazards {
    /** References between two places: 128 bytes at least, two cache lines, because they are fetched in pairs. */
    private static final int STRIDE = 32;

    private final AtomicReferenceArray<@Nullable LivingKey> places;
    private final BitSet taken = new BitSet();
    private final int readersMax;
    /** How many places have ever been taken at once. */
    private volatile int used;

    Hazards(int readersMax) {
        this.readersMax = readersMax;
        this.places = new AtomicReferenceArray<>((readersMax + 1) * STRIDE);
    }

    /** A place for one more reader. */
    synchronized int take() {
        int reader = taken.nextClearBit(0);
        if (reader >= readersMax) {
            throw new IllegalStateException("the keyring was made for " + readersMax + " readers");
        }
        taken.set(reader);
        used = Math.max(used, reader + 1);
        return (reader + 1) * STRIDE;
    }

    /** Takes a reader's place back. */
    synchronized void giveBack(int place) {
        release(place);
        taken.clear(place / STRIDE - 1);
    }

    void hold(int place, LivingKey key) {
        places.set(place, key);
    }

    void release(int place) {
        places.setRelease(place, null);
    }

    boolean held(LivingKey key) {
        for (int i = 1; i <= used; i++) {
            if (places.get(i * STRIDE) == key) {
                return true;
            }
        }
        return false;
    }
}
