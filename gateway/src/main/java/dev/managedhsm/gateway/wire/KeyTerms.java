// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.key.ReleasePolicy;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What requests to create, import and update a key have in common: {@code attributes}, {@code tags} and {@code
 * release_policy}, null where a request says nothing of them. Members that only answers have are passed over, because
 * clients send back what they were given. Any thread.
 *
 * @param enabled whether the version may be used
 * @param notBefore first second of use, Unix seconds
 * @param expires first second after use, Unix seconds
 * @param exportable whether the key can be released
 * @param tags labels, in the order given
 * @param releasePolicy to whom it can be released
 */
record KeyTerms(
        @Nullable Boolean enabled,
        @Nullable Long notBefore,
        @Nullable Long expires,
        @Nullable Boolean exportable,
        @Nullable Map<String, String> tags,
        @Nullable ReleasePolicy releasePolicy) {

    /** End of the year 9999: clients fail on a list that holds a date behind it. */
    private static final long SECONDS_MAX = 253_402_300_799L;

    private static final Set<PermittedOperation> RSA_USUAL = EnumSet.of(
            PermittedOperation.WRAP_KEY,
            PermittedOperation.UNWRAP_KEY,
            PermittedOperation.ENCRYPT,
            PermittedOperation.DECRYPT,
            PermittedOperation.SIGN,
            PermittedOperation.VERIFY);
    private static final Set<PermittedOperation> EC_USUAL =
            EnumSet.of(PermittedOperation.SIGN, PermittedOperation.VERIFY);
    private static final Set<PermittedOperation> OCT_USUAL = EnumSet.of(
            PermittedOperation.WRAP_KEY,
            PermittedOperation.UNWRAP_KEY,
            PermittedOperation.ENCRYPT,
            PermittedOperation.DECRYPT,
            PermittedOperation.SIGN,
            PermittedOperation.VERIFY,
            PermittedOperation.DERIVE_KEY);

    /** Reads what a request's body says. */
    static KeyTerms read(JsonObject body) throws Refused {
        JsonObject attributes = JsonFields.optionalObject(body, "attributes");
        if (attributes == null) {
            attributes = new JsonObject();
        }
        if (attributes.getValue("external_key") != null) {
            throw new Refused("Property 'external_key' is not supported: this HSM has no external key manager");
        }
        return new KeyTerms(
                JsonFields.flag(attributes, "enabled"),
                seconds(attributes, "nbf"),
                seconds(attributes, "exp"),
                JsonFields.flag(attributes, "exportable"),
                tags(body),
                ReleasePolicyBody.read(body));
    }

    private static @Nullable Long seconds(JsonObject attributes, String name) throws Refused {
        Long value = JsonFields.number(attributes, name);
        if (value != null && (value < 0 || value > SECONDS_MAX)) {
            throw new Refused("Property '" + name + "' is not a valid Unix time");
        }
        return value;
    }

    private static @Nullable Map<String, String> tags(JsonObject body) throws Refused {
        JsonObject object = JsonFields.optionalObject(body, "tags");
        if (object == null) {
            return null;
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

    /**
     * The operations that {@code key_ops} of this object permits; null where it is absent or empty, which stock clients
     * send where their user said nothing.
     */
    static @Nullable Set<PermittedOperation> permitted(JsonObject object) throws Refused {
        Object value = object.getValue("key_ops");
        if (value == null) {
            return null;
        }
        if (!(value instanceof JsonArray names)) {
            throw new Refused("Property 'key_ops' is not an array");
        }
        Set<PermittedOperation> permitted = EnumSet.noneOf(PermittedOperation.class);
        for (Object name : names) {
            PermittedOperation one = name instanceof String text ? WireNames.permitted(text) : null;
            if (one == null) {
                throw unfit();
            }
            permitted.add(one);
        }
        if (permitted.contains(PermittedOperation.IMPORT) && permitted.size() > 1) {
            throw new Refused("Property 'key_ops': 'import' excludes every other operation");
        }
        return permitted.isEmpty() ? null : Collections.unmodifiableSet(permitted);
    }

    /** The same for a key of a type that is known; what keys of the type usually do where nothing is said. */
    static Set<PermittedOperation> permitted(JsonObject object, KeyType type) throws Refused {
        Set<PermittedOperation> permitted = permitted(object);
        if (permitted == null) {
            return Collections.unmodifiableSet(
                    switch (type) {
                        case RSA -> RSA_USUAL;
                        case EC -> EC_USUAL;
                        case OCT -> OCT_USUAL;
                    });
        }
        for (PermittedOperation one : permitted) {
            if (!one.fits(type)) {
                throw unfit();
            }
        }
        return permitted;
    }

    private static Refused unfit() {
        return new Refused("Property 'key_ops' holds a value that is unknown or does not fit the key type");
    }

    /** The key type that {@code kty} of this object names. */
    static KeyType type(JsonObject object) throws Refused {
        String name = JsonFields.text(object, "kty");
        if (name == null) {
            throw new Refused("Property 'kty' is required");
        }
        KeyType type = WireNames.keyType(name);
        if (type == null) {
            throw new Refused("Property 'kty' has an unknown or unsupported value");
        }
        return type;
    }
}
