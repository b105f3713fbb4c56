// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.key.KeyAttributes;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Every number that bounds the changes of keys. */
public final class LifecycleLimits {
    /** Most versions of one key. */
    public static final int VERSIONS_MAX = 100;

    /** Most tags of one key version. */
    public static final int TAGS_MAX = 15;

    /** Longest name or value of a tag, in characters. */
    public static final int TAG_LENGTH_MAX = 256;

    /** Most changes that wait for the control worker. */
    static final int CHANGES_MAX = 1_024;

    /** Most changes in one commit. */
    static final int GROUP_MAX = 64;

    /** Most requests that wait for the key generator. */
    static final int GENERATIONS_MAX = 64;

    /** Most pairs that rotations by policy have in the making, so that requests for RSA keys wait for few others. */
    static final int ROTATION_PAIRS_MAX = 2;

    /** Most keys that wait to be let in. */
    static final int IMPORTS_MAX = 64;

    private LifecycleLimits() {}

    /** Why a version cannot have this period of use, or null if it can. */
    static @Nullable LifecycleRefusal refusal(long notBefore, long expires) {
        boolean both = notBefore != KeyAttributes.NONE && expires != KeyAttributes.NONE;
        return both && expires <= notBefore ? LifecycleRefusal.EXPIRES_BEFORE_START : null;
    }

    /** Why these tags cannot be a key's, or null if they can. */
    static @Nullable LifecycleRefusal refusal(Map<String, String> tags) {
        if (tags.size() > TAGS_MAX) {
            return LifecycleRefusal.TOO_MANY_TAGS;
        }
        for (Map.Entry<String, String> tag : tags.entrySet()) {
            int length = tag.getKey().length();
            if (length == 0 || length > TAG_LENGTH_MAX || tag.getValue().length() > TAG_LENGTH_MAX) {
                return LifecycleRefusal.BAD_TAG;
            }
        }
        return null;
    }
}
