// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.policy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * JSON (RFC 8259) read so that two readers cannot disagree about it: valid UTF-8, one object and nothing after it, no
 * member twice at any depth, nesting and lengths bounded. Any thread.
 *
 * <p>Values are {@link Map} (sorted by name), {@link List}, {@link String}, {@link BigDecimal} as exact as it was written,
 * {@link Boolean}, and {@link Nothing}.
 */
final class StrictJson {
    /** The value {@code null}. */
    enum Nothing {
        NULL
    }

    /** Names are not kept between documents: a caller chooses them, and nothing a caller chooses may grow. */
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(PolicyLimits.NESTING_MAX)
                    .maxNumberLength(PolicyLimits.NUMBER_LENGTH_MAX)
                    .build())
            .build();

    private StrictJson() {}

    /** The object in the bytes, or null when they are not exactly one. */
    static @Nullable Map<String, Object> read(byte[] utf8) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8))
                    .toString();
            try (JsonParser parser = JSON.createParser(text)) {
                if (parser.nextToken() != JsonToken.START_OBJECT) {
                    return null;
                }
                Map<String, Object> values = object(parser);
                return parser.nextToken() == null ? values : null;
            }
        } catch (CharacterCodingException e) {
            return null;
        } catch (IOException | NumberFormatException e) {
            return null;
        }
    }

    private static Map<String, Object> object(JsonParser parser) throws IOException {
        Map<String, Object> values = new TreeMap<>();
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
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new BigDecimal(parser.getText());
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            default -> Nothing.NULL;
        };
    }

    /** The canonical text: members sorted by name, no white space, numbers as they were written in value and scale. */
    static String write(Map<String, Object> object) {
        StringWriter text = new StringWriter();
        try (JsonGenerator generator = JSON.createGenerator(text)) {
            write(generator, object);
        } catch (IOException impossible) {
            throw new IllegalStateException("memory could not be written", impossible);
        }
        return text.toString();
    }

    private static void write(JsonGenerator generator, Object value) throws IOException {
        switch (value) {
            case Map<?, ?> object -> {
                generator.writeStartObject();
                for (Map.Entry<?, ?> member : object.entrySet()) {
                    generator.writeFieldName((String) member.getKey());
                    write(generator, member.getValue());
                }
                generator.writeEndObject();
            }
            case List<?> list -> {
                generator.writeStartArray();
                for (Object element : list) {
                    write(generator, element);
                }
                generator.writeEndArray();
            }
            case String string -> generator.writeString(string);
            case BigDecimal number -> generator.writeNumber(number.toString());
            case Boolean flag -> generator.writeBoolean(flag);
            default -> generator.writeNull();
        }
    }
}
