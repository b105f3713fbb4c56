// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import io.netty.buffer.Unpooled;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Members of a request's JSON, taken out with the type they must have. Any thread. */
public final class JsonFields {
    private JsonFields() {}

    /** A text that is one JSON object and nothing else, or null. Any thread. */
    public static @Nullable JsonObject object(String text) {
        return JsonText.object(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
    }

    /** A member that is an object. */
    static JsonObject object(JsonObject json, String name) throws Refused {
        if (json.getValue(name) instanceof JsonObject object) {
            return object;
        }
        throw new Refused("Property '" + name + "' is required and is an object");
    }

    /** A member that is an object, or null where it is absent or null. */
    static @Nullable JsonObject optionalObject(JsonObject json, String name) throws Refused {
        Object value = json.getValue(name);
        if (value == null || value instanceof JsonObject) {
            return (JsonObject) value;
        }
        throw new Refused("Property '" + name + "' is not an object");
    }

    /** A member that is a string, or null where it is absent or null. */
    static @Nullable String text(JsonObject json, String name) throws Refused {
        Object value = json.getValue(name);
        if (value == null || value instanceof String) {
            return (String) value;
        }
        throw new Refused("Property '" + name + "' is not a string");
    }

    /** A member that is true or false, or null where it is absent or null. */
    static @Nullable Boolean flag(JsonObject json, String name) throws Refused {
        Object value = json.getValue(name);
        if (value == null || value instanceof Boolean) {
            return (Boolean) value;
        }
        throw new Refused("Property '" + name + "' is not true or false");
    }

    /** A member that is an integer of 64 bits at most, or null where it is absent or null. */
    static @Nullable Long number(JsonObject json, String name) throws Refused {
        Object value = json.getValue(name);
        if (value == null) {
            return null;
        }
        if (value instanceof Integer || value instanceof Long) {
            return ((Number) value).longValue();
        }
        throw new Refused("Property '" + name + "' is not an integer");
    }

    /** The bytes of a base64url text, or of standard base64, padded or not; null if it is neither. */
    static byte @Nullable [] base64(String text) {
        try {
            return Base64.getUrlDecoder().decode(text.strip().replace('+', '-').replace('/', '_'));
        } catch (IllegalArgumentException malformed) {
            return null;
        }
    }

    /** A member that is an array of strings; empty where it is absent or null. */
    static List<String> texts(JsonObject json, String name) throws Refused {
        List<String> texts = new ArrayList<>();
        for (Object element : array(json, name)) {
            if (!(element instanceof String text)) {
                throw new Refused("Property '" + name + "' holds a value that is not a string");
            }
            texts.add(text);
        }
        return texts;
    }

    /** A member that is an array of objects; empty where it is absent or null. */
    static List<JsonObject> objects(JsonObject json, String name) throws Refused {
        List<JsonObject> objects = new ArrayList<>();
        for (Object element : array(json, name)) {
            if (!(element instanceof JsonObject object)) {
                throw new Refused("Property '" + name + "' holds a value that is not an object");
            }
            objects.add(object);
        }
        return objects;
    }

    private static JsonArray array(JsonObject json, String name) throws Refused {
        Object value = json.getValue(name);
        if (value == null) {
            return new JsonArray();
        }
        if (value instanceof JsonArray array) {
            return array;
        }
        throw new Refused("Property '" + name + "' is not an array");
    }
}
