// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.key.ReleasePolicy;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What somebody who wants a new key, or a new version of one, asks for.
 *
 * @param name the key's name; where the key exists, its name keeps the letters it was created with
 * @param keyClass type and size; may differ from that of earlier versions
 * @param permitted what the version may be used for
 * @param enabled whether it may be used
 * @param notBefore first second of use, or {@link KeyAttributes#NONE}
 * @param expires first second after use, or {@link KeyAttributes#NONE}
 * @param tags labels, in the order given
 * @param publicExponent of an RSA pair that is to be made; {@link #publicExponentAllowed}
 * @param exportable whether the key can be released, or null to leave it as in the first version
 * @param releasePolicy to whom it can be released, or null for that of the current version
 */
public record KeyRequest(
        KeyName name,
        KeyClass keyClass,
        Set<PermittedOperation> permitted,
        boolean enabled,
        long notBefore,
        long expires,
        Map<String, String> tags,
        long publicExponent,
        @Nullable Boolean exportable,
        @Nullable ReleasePolicy releasePolicy) {

    /** The public exponent of RSA pairs unless somebody asks for another. */
    public static final long PUBLIC_EXPONENT = Engine.PUBLIC_EXPONENT;

    /** A request that leaves the public exponent and what concerns release as they are by default. */
    public KeyRequest(
            KeyName name,
            KeyClass keyClass,
            Set<PermittedOperation> permitted,
            boolean enabled,
            long notBefore,
            long expires,
            Map<String, String> tags) {
        this(name, keyClass, permitted, enabled, notBefore, expires, tags, PUBLIC_EXPONENT, null, null);
    }

    /** Whether RSA pairs can be made with this public exponent: odd, above 2^16, below 2^32. */
    public static boolean publicExponentAllowed(long publicExponent) {
        return Engine.publicExponentAllowed(publicExponent);
    }

    /** The same for a key of another class. */
    KeyRequest of(KeyClass other) {
        return new KeyRequest(
                name, other, permitted, enabled, notBefore, expires, tags, publicExponent, exportable, releasePolicy);
    }

    /** Why nothing can be made of this, whatever is there already; or null. */
    @Nullable
    LifecycleRefusal refusal() {
        LifecycleRefusal refusal = LifecycleLimits.refusal(tags);
        return refusal != null ? refusal : LifecycleLimits.refusal(notBefore, expires);
    }
}
