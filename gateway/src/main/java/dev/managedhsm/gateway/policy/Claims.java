// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The claims of a token, or one object among them, read strictly. Immutable by use: nothing here changes the values. */
public final class Claims {
    private final Map<?, ?> values;

    private Claims(Map<?, ?> values) {
        this.values = values;
    }

    /** The object in these bytes, or null when they are not exactly one well-formed JSON object. */
    public static @Nullable Claims read(byte[] utf8) {
        Map<String, Object> values = StrictJson.read(utf8);
        return values == null ? null : new Claims(values);
    }

    /** A member that is an object, or null. */
    public @Nullable Claims object(String name) {
        return values.get(name) instanceof Map<?, ?> object ? new Claims(object) : null;
    }

    /** A member that is an array, its elements that are objects; empty when there is no such member. */
    public List<Claims> objects(String name) {
        List<Claims> objects = new ArrayList<>();
        if (values.get(name) instanceof List<?> list) {
            for (Object element : list) {
                if (element instanceof Map<?, ?> object) {
                    objects.add(new Claims(object));
                }
            }
        }
        return objects;
    }

    /** A member that is text, or null. */
    public @Nullable String text(String name) {
        return values.get(name) instanceof String text ? text : null;
    }

    /** Whether a member is an array that holds this text. */
    public boolean lists(String name, String text) {
        return values.get(name) instanceof List<?> list && list.contains(text);
    }

    /** Whether there is such a member, whatever its value. */
    public boolean has(String name) {
        return values.containsKey(name);
    }

    /**
     * The value a policy means by a name: each dot steps into a nested object, and a name with a dot in it can not be
     * meant. Elements of arrays have no name.
     *
     * @return null where there is none; {@code null} in the token is as good as none
     */
    @Nullable
    Object at(String path) {
        Object value = values;
        for (String name : path.split("\\.", -1)) {
            value = value instanceof Map<?, ?> object ? object.get(name) : null;
        }
        return value instanceof StrictJson.Nothing ? null : value;
    }
}
