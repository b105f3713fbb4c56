// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.key.ReleasePolicy;
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
 * @param exportable whether the key can be released; only what is already so
 * @param releasePolicy to whom it can be released
 */
public record KeyUpdate(
        @Nullable Set<PermittedOperation> permitted,
        @Nullable Boolean enabled,
        @Nullable Long notBefore,
        @Nullable Long expires,
        @Nullable Map<String, String> tags,
        @Nullable Boolean exportable,
        @Nullable ReleasePolicy releasePolicy) {

    /** An update that leaves what concerns release. */
    public KeyUpdate(
            @Nullable Set<PermittedOperation> permitted,
            @Nullable Boolean enabled,
            @Nullable Long notBefore,
            @Nullable Long expires,
            @Nullable Map<String, String> tags) {
        this(permitted, enabled, notBefore, expires, tags, null, null);
    }

    /** Why the update cannot be made of a version with these facts, or null. */
    @Nullable
    LifecycleRefusal refusal(KeyFacts facts) {
        Set<PermittedOperation> will = permitted != null ? permitted : facts.permitted();
        for (PermittedOperation one : will) {
            if (!one.fits(facts.keyClass().type())) {
                return LifecycleRefusal.OPERATIONS_NOT_OF_TYPE;
            }
        }
        if (will.contains(PermittedOperation.IMPORT) != facts.permitted().contains(PermittedOperation.IMPORT)) {
            return LifecycleRefusal.IMPORT_FIXED;
        }
        LifecycleRefusal refusal = LifecycleLimits.refusal(
                notBefore != null ? notBefore : facts.attributes().notBefore(),
                expires != null ? expires : facts.attributes().expires());
        return refusal != null ? refusal : ReleaseRules.refusal(facts, exportable, releasePolicy, will);
    }

    /** The facts with this update made, which was not refused. */
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
                ReleaseRules.result(facts, releasePolicy));
    }
}
