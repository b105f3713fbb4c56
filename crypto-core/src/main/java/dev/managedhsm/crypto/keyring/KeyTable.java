// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.keyring;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyHandle;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Finds a living key by its handle with two array reads. Grows by whole pages and never moves an entry, so readers need
 * no lock; places are given out and taken back by the control worker alone.
 */
final class KeyTable {
    private static final int PAGE_BITS = 12;
    private static final int PAGE_LENGTH = 1 << PAGE_BITS;

    /** The outer array is replaced when it grows; its pages stay. */
    private volatile AtomicReferenceArray<@Nullable LivingKey>[] pages = pages(0);

    private final Deque<Integer> free = new ArrayDeque<>();
    private int[] generations = new int[0];
    private int used;

    /** The key that has this very handle, or null. Any thread; allocates nothing. */
    @Nullable
    LivingKey resolve(KeyHandle handle) {
        AtomicReferenceArray<@Nullable LivingKey>[] now = pages;
        int index = handle.index();
        int page = index >>> PAGE_BITS;
        if (page >= now.length) {
            return null;
        }
        LivingKey key = now[page].get(index & (PAGE_LENGTH - 1));
        return key != null && key.handle().generation() == handle.generation() ? key : null;
    }

    /** A handle that no key has or had. */
    KeyHandle reserve(KeyClass keyClass) {
        Integer index = free.poll();
        if (index == null) {
            index = used++;
            if (used > generations.length) {
                grow();
            }
        }
        return new KeyHandle(index, ++generations[index], keyClass);
    }

    /** Makes the key findable by its handle. */
    void publish(LivingKey key) {
        set(key.handle().index(), key);
    }

    /** Makes the key unfindable and its place free for another. */
    void remove(LivingKey key) {
        int index = key.handle().index();
        set(index, null);
        free.add(index);
    }

    private void set(int index, @Nullable LivingKey key) {
        pages[index >>> PAGE_BITS].set(index & (PAGE_LENGTH - 1), key);
    }

    private void grow() {
        AtomicReferenceArray<@Nullable LivingKey>[] grown = Arrays.copyOf(pages, pages.length + 1);
        grown[grown.length - 1] = new AtomicReferenceArray<>(PAGE_LENGTH);
        generations = Arrays.copyOf(generations, grown.length * PAGE_LENGTH);
        pages = grown;
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // Java has no arrays of generic types
    private static AtomicReferenceArray<@Nullable LivingKey>[] pages(int count) {
        return new AtomicReferenceArray[count];
    }
}
