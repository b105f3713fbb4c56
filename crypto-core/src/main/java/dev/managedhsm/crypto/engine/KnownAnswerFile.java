// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads files of known answers. Stateless to its callers.
 *
 * <pre>
 *   # a comment; the first ones name the source
 *   [key some-name]                    a key that several answers share
 *   class = RSA_2048
 *   modulus = hex, exponent = hex      or x = hex, y = hex; none for a symmetric key
 *   secret = hex
 *
 *   [answer what it shows]
 *   key = some-name                    or class, x, y, secret... as above, for this answer alone
 *   algorithm = RS256
 *   operation = VERIFY
 *   value = hex                        and iv, aad, tag, digest; "digest =" is an empty one
 *     hex                              an indented line goes on with the line before
 *   outcome = SIGNATURE_VALID
 *   output = hex
 * </pre>
 */
final class KnownAnswerFile {
    private final Map<String, Map<String, String>> keys = new HashMap<>();
    private final List<KnownAnswer> answers = new ArrayList<>();

    private KnownAnswerFile() {}

    /**
     * The answers of a file that lies beside a class.
     *
     * @throws IllegalStateException if the file is not there or cannot be read
     */
    static List<KnownAnswer> read(Class<?> beside, String name) {
        try (InputStream in = beside.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("no file " + name);
            }
            return parse(new String(in.readAllBytes(), StandardCharsets.US_ASCII));
        } catch (IOException unreadable) {
            throw new IllegalStateException("cannot read " + name, unreadable);
        }
    }

    /** The answers in a file's text. */
    static List<KnownAnswer> parse(String text) {
        KnownAnswerFile file = new KnownAnswerFile();
        String head = "";
        String member = "";
        Map<String, String> members = new LinkedHashMap<>();
        for (String line : text.lines().toList()) {
            if (line.startsWith("[")) {
                file.end(head, members);
                head = line.substring(1, line.lastIndexOf(']'));
                members = new LinkedHashMap<>();
            } else if (line.startsWith(" ")) {
                members.merge(member, line.strip(), String::concat);
            } else if (!line.isBlank() && !line.startsWith("#")) {
                int equals = line.indexOf('=');
                member = line.substring(0, equals).strip();
                members.put(member, line.substring(equals + 1).strip());
            }
        }
        file.end(head, members);
        return List.copyOf(file.answers);
    }

    private void end(String head, Map<String, String> members) {
        if (head.startsWith("key ")) {
            keys.put(head.substring("key ".length()), members);
        } else if (head.startsWith("answer ")) {
            answers.add(answer(head.substring("answer ".length()), members));
        } else if (!head.isEmpty()) {
            throw new IllegalStateException("neither key nor answer: " + head);
        }
    }

    private KnownAnswer answer(String id, Map<String, String> members) {
        Map<String, String> key = members.containsKey("key") ? keys.get(members.get("key")) : members;
        if (key == null) {
            throw new IllegalStateException("no such key: " + id);
        }
        Map<Field, byte[]> inputs = new EnumMap<>(Field.class);
        for (Field field : Field.values()) {
            byte[] bytes = bytes(members, field.name().toLowerCase(Locale.ROOT));
            if (bytes != null) {
                inputs.put(field, bytes);
            }
        }
        KeyClass keyClass = KeyClass.valueOf(text(key, "class"));
        return new KnownAnswer(
                id,
                keyClass,
                publicPart(keyClass, key),
                hex(key, "secret"),
                Operation.valueOf(text(members, "operation")),
                Algorithm.valueOf(text(members, "algorithm")),
                inputs,
                Outcome.valueOf(text(members, "outcome")),
                bytes(members, "output"));
    }

    private static PublicPart publicPart(KeyClass keyClass, Map<String, String> key) {
        return switch (keyClass.type()) {
            case RSA -> new PublicPart.Rsa(hex(key, "modulus"), hex(key, "exponent"));
            case EC -> new PublicPart.Point(hex(key, "x"), hex(key, "y"));
            case OCT -> new PublicPart.None();
        };
    }

    private static String text(Map<String, String> members, String name) {
        String text = members.get(name);
        if (text == null) {
            throw new IllegalStateException("missing: " + name);
        }
        return text;
    }

    private static byte[] hex(Map<String, String> members, String name) {
        return HexFormat.of().parseHex(text(members, name));
    }

    private static byte @Nullable [] bytes(Map<String, String> members, String name) {
        return members.containsKey(name) ? hex(members, name) : null;
    }
}
