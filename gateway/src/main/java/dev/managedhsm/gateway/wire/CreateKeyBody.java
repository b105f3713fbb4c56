// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.lifecycle.KeyRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request to create a key, parsed into what the key life-cycle understands. May be called by any thread.
 *
 * <p>Azure's rules for what is left out: RSA has 2048 bits, EC is P-256, symmetric keys have 256 bits; the operations are
 * those that the key type can do.
 */
public final class CreateKeyBody {
    private static final long PUBLIC_EXPONENT = 65_537;

    /** End of the year 9999: clients fail on a list that holds a date behind it. */
    private static final long SECONDS_MAX = 253_402_300_799L;

    private static final Set<PermittedOperation> RSA_DEFAULT = EnumSet.of(
            PermittedOperation.WRAP_KEY,
            PermittedOperation.UNWRAP_KEY,
            PermittedOperation.ENCRYPT,
            PermittedOperation.DECRYPT,
            PermittedOperation.SIGN,
            PermittedOperation.VERIFY);
    private static final Set<PermittedOperation> EC_DEFAULT =
            EnumSet.of(PermittedOperation.SIGN, PermittedOperation.VERIFY);
    private static final Set<PermittedOperation> OCT_DEFAULT = EnumSet.of(
            PermittedOperation.WRAP_KEY,
            PermittedOperation.UNWRAP_KEY,
            PermittedOperation.ENCRYPT,
            PermittedOperation.DECRYPT,
            PermittedOperation.SIGN,
            PermittedOperation.VERIFY,
            PermittedOperation.DERIVE_KEY);

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
        String kty = JsonFields.text(json, "kty");
        if (kty == null) {
            throw new Refused("Property 'kty' is required");
        }
        KeyType type = WireNames.keyType(kty);
        if (type == null) {
            throw new Refused("Property 'kty' has an unknown or unsupported value");
        }
        JsonObject attributes = JsonFields.optionalObject(json, "attributes");
        if (Boolean.TRUE.equals(flag(attributes, "exportable"))) {
            throw new Refused("Exportable keys must have release policy");
        }
        if (json.getValue("release_policy") != null) {
            throw new Refused("Non-exportable keys must not have release policy");
        }
        Boolean enabled = flag(attributes, "enabled");
        return new KeyRequest(
                name,
                keyClass(json, type),
                permitted(json, type),
                enabled == null || enabled,
                seconds(attributes, "nbf"),
                seconds(attributes, "exp"),
                tags(json));
    }

    private static KeyClass keyClass(JsonObject json, KeyType type) throws Refused {
        Long size = number(json, "key_size");
        Long exponent = number(json, "public_exponent");
        String curve = JsonFields.text(json, "crv");
        // 0 means that the client left it unset
        if (exponent != null && exponent != 0 && (type != KeyType.RSA || exponent != PUBLIC_EXPONENT)) {
            throw new Refused("Property 'public_exponent' is not supported; leave it out or use 65537 with RSA");
        }
        if (curve != null && type != KeyType.EC) {
            throw new Refused("Property 'crv' is only for EC keys");
        }
        return switch (type) {
            case EC -> curve(curve);
            case RSA -> bySize(type, size == null || size == 0 ? 2048 : size);
            case OCT -> bySize(type, size == null || size == 0 ? 256 : size);
        };
    }

    private static KeyClass curve(@Nullable String name) throws Refused {
        KeyClass keyClass = name == null ? KeyClass.P_256 : WireNames.curve(name);
        if (keyClass == null) {
            throw new Refused("Property 'crv' has an unknown or unsupported value");
        }
        return keyClass;
    }

    private static KeyClass bySize(KeyType type, long bits) throws Refused {
        for (KeyClass keyClass : KeyClass.values()) {
            if (keyClass.type() == type && keyClass.bits() == bits) {
                return keyClass;
            }
        }
        throw new Refused("Invalid key size: '" + bits + "'");
    }

    private static Set<PermittedOperation> permitted(JsonObject json, KeyType type) throws Refused {
        Set<PermittedOperation> usual = switch (type) {
            case RSA -> RSA_DEFAULT;
            case EC -> EC_DEFAULT;
            case OCT -> OCT_DEFAULT;
        };
        Object value = json.getValue("key_ops");
        if (value == null) {
            return Collections.unmodifiableSet(usual);
        }
        if (!(value instanceof JsonArray names)) {
            throw new Refused("Property 'key_ops' is not an array");
        }
        Set<PermittedOperation> permitted = EnumSet.noneOf(PermittedOperation.class);
        for (Object name : names) {
            PermittedOperation one = name instanceof String text ? WireNames.permitted(text) : null;
            if (one == null || !allowed(one, type)) {
                throw new Refused("Property 'key_ops' holds a value that is unknown or does not fit the key type");
            }
            permitted.add(one);
        }
        if (permitted.contains(PermittedOperation.IMPORT) && permitted.size() > 1) {
            throw new Refused("Property 'key_ops': 'import' excludes every other operation");
        }
        return Collections.unmodifiableSet(permitted.isEmpty() ? usual : permitted);
    }

    private static boolean allowed(PermittedOperation permitted, KeyType type) {
        return switch (permitted) {
            case SIGN, VERIFY, EXPORT -> true;
            case ENCRYPT, DECRYPT, WRAP_KEY, UNWRAP_KEY -> type != KeyType.EC;
            case IMPORT -> type == KeyType.RSA;
            case DERIVE_KEY -> type != KeyType.RSA;
        };
    }

    private static Map<String, String> tags(JsonObject json) throws Refused {
        JsonObject object = JsonFields.optionalObject(json, "tags");
        if (object == null) {
            return Map.of();
        }
        Map<String, String> tags = new LinkedHashMap<>();
        for (Map.Entry<String, Object> tag : object) {
            if (!(tag.getValue() instanceof String value)) {
                throw new Refused("Property 'tags' holds a value that is not a string");
            }
            tags.put(tag.getKey(), value);
        }
        return Collections.unmodifiableMap(tags);
    }

    private static long seconds(@Nullable JsonObject attributes, String name) throws Refused {
        Long value = attributes == null ? null : number(attributes, name);
        if (value == null) {
            return KeyAttributes.NONE;
        }
        if (value < 0 || value > SECONDS_MAX) {
            throw new Refused("Property '" + name + "' is not a valid Unix time");
        }
        return value;
    }

    private static @Nullable Boolean flag(@Nullable JsonObject json, String name) throws Refused {
        Object value = json == null ? null : json.getValue(name);
        if (value != null && !(value instanceof Boolean)) {
            throw new Refused("Property '" + name + "' is not true or false");
        }
        return (Boolean) value;
    }

    private static @Nullable Long number(JsonObject json, String name) throws Refused {
        Object value = json.getValue(name);
        if (value == null) {
            return null;
        }
        if (value instanceof Integer || value instanceof Long) {
            return ((Number) value).longValue();
        }
        throw new Refused("Property '" + name + "' is not an integer");
    }
}
