// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * The bodies of backup and restore, which can have megabytes: {@code {"value":…}} with the base64url of the backup's text.
 * Any thread; not for event loops.
 */
public final class BackupBody {
    private static final byte[] BEFORE = "{\"value\":\"".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] AFTER = "\"}".getBytes(StandardCharsets.US_ASCII);

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
     * What is to be restored.
     *
     * @param json the request's body
     * @return the text of the backup; empty, which is no backup, if the value is not base64url or standard base64
     * @throws Refused if the body is no JSON object with a value
     */
    public static byte[] read(byte[] json) throws Refused {
        String value = JsonFields.text(object(json), "value");
        if (value == null) {
            throw new Refused("Property 'value' is required");
        }
        return decoded(value);
    }

    private static JsonObject object(byte[] json) throws Refused {
        try {
            return new JsonObject(new String(json, StandardCharsets.UTF_8));
        } catch (DecodeException | ClassCastException notAnObject) {
            throw new Refused("The request body is not a JSON object");
        }
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
