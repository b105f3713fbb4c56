// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

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
