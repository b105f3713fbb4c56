// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.managedhsm.auth.principal.Guid;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The members of one JSON object, read strictly: valid UTF-8, one object and nothing after it, no member twice at any
 * depth, nesting and lengths bounded. Two readers of such a text cannot disagree about it, which matters because the
 * library that checks the signature reads the header again.
 *
 * <p>Values are text, true, whole numbers that fit a long, lists and objects of these; everything else is kept as {@link
 * #OTHER}, which no accessor returns.
 */
final class Members {
    static final Members NONE = new Members(Map.of());

    private static final int NESTING_MAX = 8;
    private static final int TEXT_LENGTH_MAX = 64 * 1024;
    private static final Object OTHER = new Object();

    /** Names are not kept between documents: a caller chooses them, and nothing a caller chooses may grow. */
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(NESTING_MAX)
                    .maxStringLength(TEXT_LENGTH_MAX)
                    .maxNameLength(1024)
                    .maxNumberLength(32)
                    .build())
            .build();

    private final Map<?, ?> values;

    private Members(Map<?, ?> values) {
        this.values = values;
    }

    /** Reads an object, or null when the bytes are not exactly one. */
    static @Nullable Members read(byte[] utf8) {
        try {
            return read(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8))
                    .toString());
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    /** Reads an object, or null when the text is not exactly one. */
    static @Nullable Members read(String text) {
        try (JsonParser parser = JSON.createParser(text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            Map<String, Object> values = object(parser);
            return parser.nextToken() == null ? new Members(values) : null;
        } catch (IOException e) {
            return null;
        }
    }

    private static Map<String, Object> object(JsonParser parser) throws IOException {
        Map<String, Object> values = new HashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            values.put(name, value(parser));
        }
        return values;
    }

    private static Object value(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> object(parser);
            case START_ARRAY -> {
                List<Object> values = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    values.add(value(parser));
                }
                yield values;
            }
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT ->
                parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER ? OTHER : (Object) parser.getLongValue();
            case VALUE_TRUE -> true;
            default -> OTHER;
        };
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    /** A text, or null when the member is absent or something else. */
    @Nullable
    String text(String name) {
        return values.get(name) instanceof String text ? text : null;
    }

    /** A whole number, or null when the member is absent or something else. */
    @Nullable
    Long number(String name) {
        return values.get(name) instanceof Long number ? number : null;
    }

    /** One text as a list of one, or a list of texts; null when the member is absent or something else. */
    @Nullable
    List<String> texts(String name) {
        Object value = values.get(name);
        if (value instanceof String text) {
            return List.of(text);
        }
        if (!(value instanceof List<?> list)) {
            return null;
        }
        List<String> texts = new ArrayList<>();
        for (Object element : list) {
            if (!(element instanceof String text)) {
                return null;
            }
            texts.add(text);
        }
        return texts;
    }

    /** Whether the member is there and true. */
    boolean isTrue(String name) {
        return Boolean.TRUE.equals(values.get(name));
    }

    /** An object, or null when the member is absent or something else. */
    @Nullable
    Members object(String name) {
        return values.get(name) instanceof Map<?, ?> object ? new Members(object) : null;
    }

    /** A list of objects, or null when the member is absent or something else. */
    @Nullable
    List<Members> objects(String name) {
        if (!(values.get(name) instanceof List<?> list)) {
            return null;
        }
        List<Members> objects = new ArrayList<>();
        for (Object element : list) {
            if (!(element instanceof Map<?, ?> object)) {
                return null;
            }
            objects.add(new Members(object));
        }
        return objects;
    }

    /** The calling application: {@code appid} in tokens of version 1, {@code azp} in those of version 2. */
    @Nullable
    UUID applicationId() {
        UUID applicationId = Guid.parse(text("appid"));
        return applicationId != null ? applicationId : Guid.parse(text("azp"));
    }
}
