// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

import java.util.ArrayList;
import java.util.List;

/**
 * The root key in use, and those that were in use before it: they open what was sealed for keeping elsewhere, backups, and
 * seal nothing any more. Whoever got it closes it.
 *
 * @param current what all sealing keys are derived from
 * @param retired what was current before, the latest first
 */
public record RootKeys(RootKey current, List<RootKey> retired) implements AutoCloseable {
    /** How many root keys a security domain holds at most. */
    public static final int COUNT_MAX = 64;

    /** Copies the list. */
    public RootKeys {
        retired = List.copyOf(retired);
        if (retired.size() >= COUNT_MAX) {
            throw new IllegalStateException("there are more root keys than a security domain holds");
        }
    }

    /** A root key without predecessors. */
    public static RootKeys of(RootKey current) {
        return new RootKeys(current, List.of());
    }

    /**
     * The root keys after a rotation: these become retired ones, in memory of their own.
     *
     * @param next the new root key; belongs to what is returned
     */
    public RootKeys followedBy(RootKey next) {
        List<RootKey> before = new ArrayList<>();
        before.add(RootKey.of(current.bytes()));
        retired.forEach(key -> before.add(RootKey.of(key.bytes())));
        return new RootKeys(next, before);
    }

    /** Wipes all of them. */
    @Override
    public void close() {
        current.close();
        retired.forEach(RootKey::close);
    }

    /** Nothing of any key. */
    @Override
    public String toString() {
        return "root key and " + retired.size() + " retired ones";
    }
}
