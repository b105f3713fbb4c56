// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.PermittedOperation;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is to be changed about a key version. Null leaves a thing as it is.
 *
 * @param permitted what it may be used for
 * @param enabled whether it may be used
 * @param notBefore first second of use, or {@link KeyAttributes#NONE} to have none
 * @param expires first second after use, or {@link KeyAttributes#NONE} to have none
 * @param tags labels that take the place of all labels it has
 */
public record KeyUpdate(
        @Nullable Set<PermittedOperation> permitted,
        @Nullable Boolean enabled,
        @Nullable Long notBefore,
        @Nullable Long expires,
        @Nullable Map<String, String> tags) {

    /** The facts with this update made. */
    KeyFacts applied(KeyFacts facts, long nowSeconds) {
        KeyAttributes was = facts.attributes();
        KeyAttributes attributes = new KeyAttributes(
                enabled != null ? enabled : was.enabled(),
                notBefore != null ? notBefore : was.notBefore(),
                expires != null ? expires : was.expires(),
                was.created(),
                nowSeconds);
        return new KeyFacts(
                facts.name(),
                facts.version(),
                facts.keyClass(),
                permitted != null ? permitted : facts.permitted(),
                attributes,
                tags != null ? tags : facts.tags(),
                facts.publicPart(),
                facts.releasePolicy());
    }
}
