// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The bodies of backup and restore, which can have megabytes: {@code {"value":…}} with the base64url of the backup's text.
 * Any thread; not for event loops.
 */
public final class BackupBody {
    private static final byte[] BEFORE = "{\"value\":\"".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] AFTER = "\"}".getBytes(StandardCharsets.US_ASCII);

    private static final String VALUE = "value";
    private static final byte[] VALUE_BEFORE = "{\"value\":".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] VALUE_AFTER = "}".getBytes(StandardCharsets.US_ASCII);

    private BackupBody() {}

    /**
     * The answer to a backup.
     *
     * @param text the backup
     * @return JSON
     */
    public static byte[] write(byte[] text) {
        byte[] value = Base64.getUrlEncoder().withoutPadding().encode(text);
        return ByteBuffer.allocate(BEFORE.length + value.length + AFTER.length)
                .put(BEFORE)
                .put(value)
                .put(AFTER)
                .array();
    }

    /**
     * What is to be restored. Whatever else the body holds is passed over without making objects of it.
     *
     * @param json the request's body
     * @return the text of the backup; empty, which is no backup, if the value is not base64url or standard base64
     * @throws Refused if the body is no JSON object with one value
     */
    public static byte[] read(byte[] json) throws Refused {
        ByteBuf value = value(Unpooled.wrappedBuffer(json));
        if (value == null) {
            throw new Refused("Property 'value' is required");
        }
        JsonObject object = JsonText.object(Unpooled.wrappedBuffer(
                Unpooled.wrappedBuffer(VALUE_BEFORE), value, Unpooled.wrappedBuffer(VALUE_AFTER)));
        String text = object == null ? null : JsonFields.text(object, VALUE);
        if (text == null) {
            throw new Refused("Property 'value' is required");
        }
        return decoded(text);
    }

    /** Where the member lies, quotes included; null if there is none. */
    private static @Nullable ByteBuf value(ByteBuf body) throws Refused {
        JsonCursor cursor = new JsonCursor();
        cursor.open(body);
        ByteBuf value = null;
        cursor.skipSpace();
        boolean whole = cursor.take('{');
        cursor.skipSpace();
        boolean more = whole && !cursor.take('}');
        while (more) {
            cursor.skipSpace();
            int name = cursor.at() + 1;
            whole = cursor.skipString();
            boolean wanted = whole && cursor.same(name, cursor.at() - 1, VALUE);
            cursor.skipSpace();
            whole = whole && cursor.take(':');
            cursor.skipSpace();
            int start = cursor.at();
            whole = whole && cursor.skipValue();
            if (whole && wanted) {
                if (value != null) {
                    throw new Refused("Property 'value' is given twice");
                }
                value = body.slice(start, cursor.at() - start);
            }
            cursor.skipSpace();
            more = whole && cursor.take(',');
            if (!more) {
                whole = whole && cursor.take('}');
            }
        }
        if (!whole || !cursor.atEnd()) {
            throw new Refused("The request body is not a JSON object");
        }
        return value;
    }

    private static byte[] decoded(String value) {
        String url = value.replace('+', '-').replace('/', '_');
        try {
            byte[] text = Base64.getUrlDecoder().decode(url);
            String again = Base64.getUrlEncoder().encodeToString(text);
            // Bits that belong to no byte are zero, as everywhere here.
            boolean exact = again.startsWith(url) && again.length() - url.length() <= 2;
            return exact ? text : new byte[0];
        } catch (IllegalArgumentException notBase64) {
            return new byte[0];
        }
    }
}
