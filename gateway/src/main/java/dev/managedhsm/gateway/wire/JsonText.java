// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.netty.buffer.ByteBuf;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.core.json.jackson.JacksonCodec;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Bodies of the control plane as JSON objects. Strict where others guess: a name that is given twice, or bytes that are
 * no UTF-8, would mean one thing to whoever looked at the request before and another one here. Any thread.
 */
public final class JsonText {
    private static final String MEDIA_TYPE = "application/json";
    private static final int DEPTH_MAX = 64;
    private static final int NUMBER_LENGTH_MAX = 64;

    /** Names are not kept between bodies: a caller chooses them, and nothing a caller chooses may grow. */
    private static final JsonFactory STRICT = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEPTH_MAX)
                    .maxNumberLength(NUMBER_LENGTH_MAX)
                    .build())
            .build();

    private JsonText() {}

    /** Whether a request's {@code Content-Type} names JSON; a request that does not name its type is believed to. */
    public static boolean named(@Nullable String contentType) {
        return contentType == null
                || (contentType.regionMatches(true, 0, MEDIA_TYPE, 0, MEDIA_TYPE.length())
                        && (contentType.length() == MEDIA_TYPE.length()
                                || " ;\t".indexOf(contentType.charAt(MEDIA_TYPE.length())) >= 0));
    }

    /**
     * Parses a body.
     *
     * @param body the whole body; its reader index is not moved
     * @return the object, or null if the body is anything else than one JSON object (RFC 8259) in UTF-8
     */
    public static @Nullable JsonObject object(ByteBuf body) {
        try {
            return object(
                    StandardCharsets.UTF_8.newDecoder().decode(body.nioBuffer()).toString());
        } catch (CharacterCodingException malformed) {
            return null;
        }
    }

    /** The same for a text that a body or a file holds. */
    static @Nullable JsonObject object(String text) {
        try {
            return JacksonCodec.fromParser(STRICT.createParser(text), Object.class) instanceof JsonObject object
                    ? object
                    : null;
        } catch (DecodeException malformed) {
            return null;
        } catch (IOException e) {
            throw new IllegalStateException("a text in memory cannot be read", e);
        }
    }
}
