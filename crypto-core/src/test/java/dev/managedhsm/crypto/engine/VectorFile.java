// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A file of vectors, with what its head says of it: where they come from, which standard they belong to, how many they are.
 *
 * <pre>
 *   # origin: NIST CAVP, public domain: gcmDecrypt128    or: made for these tests, with ...
 *   # standard: NIST SP 800-38D
 *   # count: 132
 * </pre>
 */
record VectorFile(String name, String text) {
    /** All that any engine can run through its worker. */
    static final List<String> ANSWERS = List.of(
            "keys",
            "rsa-pkcs1-signature",
            "rsa-null-signature",
            "rsa-pss-signature",
            "rsa-pss-signature-refused",
            "rsa-pss-signature-made",
            "rsa-encryption",
            "ecdsa",
            "hmac",
            "hmac-made",
            "aes-gcm",
            "aes-cbc",
            "aes-cbc-pad",
            "aes-cbc-pad-made",
            "aes-key-wrap",
            "aes-key-wrap-pad");

    static VectorFile read(String name) {
        try (InputStream in =
                Objects.requireNonNull(VectorFile.class.getResourceAsStream("/vectors/" + name + ".txt"), name)) {
            return new VectorFile(name, new String(in.readAllBytes(), StandardCharsets.US_ASCII));
        } catch (IOException unreadable) {
            throw new IllegalStateException("cannot read " + name, unreadable);
        }
    }

    /** The vectors of a file that an engine's worker can run. */
    List<KnownAnswer> answers() {
        return KnownAnswerFile.parse(text);
    }

    /** The members of each section that is named a vector, in hexadecimal, with the section's name as {@code id}. */
    List<Map<String, String>> sections() {
        return text.lines()
                .filter(line -> line.startsWith("[vector "))
                .map(this::section)
                .toList();
    }

    private Map<String, String> section(String head) {
        Map<String, String> members = new LinkedHashMap<>(Map.of("id", head));
        String member = "";
        for (String line : text.lines()
                .dropWhile(any -> !any.equals(head))
                .skip(1)
                .takeWhile(any -> !any.startsWith("["))
                .toList()) {
            if (line.startsWith(" ")) {
                members.merge(member, line.strip(), String::concat);
            } else if (line.contains(" = ")) {
                member = line.substring(0, line.indexOf(' '));
                members.put(member, line.substring(line.indexOf('=') + 1).strip());
            }
        }
        return members;
    }

    /** How many vectors there are, whichever kind. */
    long count() {
        return text.lines()
                .filter(line -> line.startsWith("[vector ") || line.startsWith("[answer "))
                .count();
    }

    /** Bytes of a member of a section. */
    static byte[] bytes(Map<String, String> section, String member) {
        return HexFormat.of().parseHex(Objects.requireNonNull(section.get(member)));
    }

    /** What the head says under a name; empty if nothing. */
    String head(String member) {
        String start = "# " + member + ": ";
        return text.lines()
                .filter(line -> line.startsWith(start))
                .map(line -> line.substring(start.length()))
                .findFirst()
                .orElse("");
    }

    /** Whether somebody else published these vectors, so that our mistakes cannot be in them. */
    boolean published() {
        return !head("origin").startsWith("made");
    }
}
