// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.keyring;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** All versions of one key, oldest first; the last one is current. The array is replaced, never written to. */
final class KeyChain {
    private volatile LivingKey[] versions;

    /** @param versions at least one, oldest first; not kept by the caller */
    KeyChain(LivingKey... versions) {
        this.versions = versions;
    }

    LivingKey[] versions() {
        return versions;
    }

    LivingKey current() {
        LivingKey[] now = versions;
        return now[now.length - 1];
    }

    /** The version with this text in any case of letters. Allocates nothing. */
    @Nullable
    LivingKey find(String version) {
        LivingKey[] now = versions;
        for (int i = now.length - 1; i >= 0; i--) {
            if (now[i].facts().version().text().equalsIgnoreCase(version)) {
                return now[i];
            }
        }
        return null;
    }

    /** For the control worker. */
    void add(LivingKey newest) {
        LivingKey[] now = versions;
        LivingKey[] more = Arrays.copyOf(now, now.length + 1);
        more[now.length] = newest;
        versions = more;
    }
}
