// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.identity;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.MultiMap;
import java.net.URLDecoder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Bodies of the media type {@code application/x-www-form-urlencoded}. */
final class Form {
    private Form() {}

    /** The fields of a body, or null when it is not well-formed. */
    static @Nullable MultiMap read(String body) {
        MultiMap fields = MultiMap.caseInsensitiveMultiMap();
        if (body.isEmpty()) {
            return fields;
        }
        try {
            for (String pair : body.split("&", -1)) {
                int equals = pair.indexOf('=');
                String name = equals < 0 ? pair : pair.substring(0, equals);
                String value = equals < 0 ? "" : pair.substring(equals + 1);
                fields.add(URLDecoder.decode(name, UTF_8), URLDecoder.decode(value, UTF_8));
            }
            return fields;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** The one value of a name, or null when there is none or more than one. */
    static @Nullable String only(MultiMap fields, String name) {
        List<String> values = fields.getAll(name);
        return values.size() == 1 ? values.getFirst() : null;
    }
}
