// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.key;

import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything about one key version except its secret.
 *
 * @param name the key's name
 * @param version this version
 * @param keyClass type and size
 * @param permitted the operations its owner allows; copied, asking it allocates nothing
 * @param attributes enabled, period of use, times
 * @param tags caller's labels, in the order given; copied
 * @param publicPart modulus and exponent, point, or nothing
 * @param releasePolicy who may have the key released to them, or null if it never leaves
 */
public record KeyFacts(
        KeyName name,
        KeyVersion version,
        KeyClass keyClass,
        Set<PermittedOperation> permitted,
        KeyAttributes attributes,
        Map<String, String> tags,
        PublicPart publicPart,
        @Nullable ReleasePolicy releasePolicy) {

    /** Copies both collections: facts are published to all threads, and whoever gave them may go on to change them. */
    public KeyFacts {
        permitted = permitted.isEmpty() ? Set.of() : Collections.unmodifiableSet(EnumSet.copyOf(permitted));
        tags = tags.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(tags));
    }

    /** Whether the key can be released: exactly the keys with a release policy can. */
    public boolean exportable() {
        return releasePolicy != null;
    }
}
