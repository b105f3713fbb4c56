// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.lifecycle.KeyRequest;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request to create a key, parsed into what the key life-cycle understands. May be called by any thread.
 *
 * <p>Azure's rules for what is left out: RSA has 2048 bits, EC is P-256, symmetric keys have 256 bits; the operations are
 * those that the key type can do; the public exponent is 65537.
 */
public final class CreateKeyBody {
    private CreateKeyBody() {}

    /**
     * Parses a body.
     *
     * @param name the key's name, from the path
     * @param json the request's JSON object
     * @return what to create; every member is one that can be created
     * @throws Refused saying which property is not acceptable
     */
    public static KeyRequest read(KeyName name, JsonObject json) throws Refused {
        KeyType type = KeyTerms.type(json);
        return request(
                name, keyClass(json, type), KeyTerms.permitted(json, type), exponent(json, type), KeyTerms.read(json));
    }

    /** What is asked of a new version, with what is left out filled in. */
    static KeyRequest request(
            KeyName name, KeyClass keyClass, Set<PermittedOperation> permitted, long exponent, KeyTerms terms) {
        return new KeyRequest(
                name,
                keyClass,
                permitted,
                terms.enabled() == null || terms.enabled(),
                terms.notBefore() == null ? KeyAttributes.NONE : terms.notBefore(),
                terms.expires() == null ? KeyAttributes.NONE : terms.expires(),
                terms.tags() == null ? Map.of() : terms.tags(),
                exponent,
                terms.exportable(),
                terms.releasePolicy());
    }

    private static long exponent(JsonObject json, KeyType type) throws Refused {
        Long exponent = JsonFields.number(json, "public_exponent");
        if (exponent == null || exponent == 0) { // 0 means that the client left it unset
            return KeyRequest.PUBLIC_EXPONENT;
        }
        if (type != KeyType.RSA) {
            throw new Refused("Property 'public_exponent' is only for RSA keys");
        }
        if (!KeyRequest.publicExponentAllowed(exponent)) {
            throw new Refused("Property 'public_exponent' must be odd, above 65536 and below 4294967296");
        }
        return exponent;
    }

    private static KeyClass keyClass(JsonObject json, KeyType type) throws Refused {
        Long size = JsonFields.number(json, "key_size");
        String curve = JsonFields.text(json, "crv");
        if (curve != null && type != KeyType.EC) {
            throw new Refused("Property 'crv' is only for EC keys");
        }
        return switch (type) {
            case EC -> curve == null ? KeyClass.P_256 : curve(curve);
            case RSA -> bySize(type, size == null || size == 0 ? 2048 : size);
            case OCT -> bySize(type, size == null || size == 0 ? 256 : size);
        };
    }

    /** The key class of a curve's name, which must be one of this HSM's. */
    static KeyClass curve(@Nullable String name) throws Refused {
        KeyClass keyClass = name == null ? null : WireNames.curve(name);
        if (keyClass == null) {
            throw new Refused("Property 'crv' has an unknown or unsupported value");
        }
        return keyClass;
    }

    /** The key class of a type with this many bits, which must be one of this HSM's. */
    static KeyClass bySize(KeyType type, long bits) throws Refused {
        for (KeyClass keyClass : KeyClass.values()) {
            if (keyClass.type() == type && keyClass.bits() == bits) {
                return keyClass;
            }
        }
        throw new Refused("Invalid key size: '" + bits + "'");
    }
}
