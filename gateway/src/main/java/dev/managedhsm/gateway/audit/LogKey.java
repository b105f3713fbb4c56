// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.jspecify.annotations.Nullable;

/**
 * A public key that verifies what a log signs: an Ed25519 key and its name, as C2SP's <em>signed-note</em> has them. Its text
 * is {@code name+id+key}, with the id in hex and the key in base64 behind the byte 0x01 for Ed25519; tools that verify signed
 * notes take it. Immutable; any thread.
 */
public final class LogKey {
    /** Length of a key's id, in bytes. */
    static final int ID_LENGTH = 4;

    /** Length of an Ed25519 signature, in bytes. */
    static final int SIGNATURE_LENGTH = 64;

    private static final int RAW_LENGTH = 32;
    private static final byte ED25519 = 1;

    private final String name;
    private final byte[] raw;
    private final byte[] id;

    private LogKey(String name, byte[] raw) {
        this.name = name;
        this.raw = raw;
        this.id = id(name, raw);
    }

    /**
     * The key of 32 bytes as RFC 8032 §5.1.5 encodes it.
     *
     * @param name its name: the origin of the log
     * @throws IllegalArgumentException if the name may not be one, or the bytes are no key
     */
    static LogKey of(String name, byte[] raw) {
        if (!isName(name) || raw.length != RAW_LENGTH) {
            throw new IllegalArgumentException("not a name or not a key");
        }
        if (!Ed25519.validatePublicKeyFull(raw, 0)) {
            throw new IllegalArgumentException("not an Ed25519 key");
        }
        return new LogKey(name, raw.clone());
    }

    private static byte[] id(String name, byte[] raw) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update((name + "\n").getBytes(StandardCharsets.UTF_8));
            sha256.update(ED25519);
            return Arrays.copyOf(sha256.digest(raw), ID_LENGTH);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Whether this may be a key's name and a log's origin: printable ASCII without blanks and plus signs. */
    public static boolean isName(String name) {
        return !name.isEmpty() && name.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '+');
    }

    /** The key that a text {@code name+id+key} says, or null when it is none or its id is not its own. */
    public static @Nullable LogKey parse(String text) {
        String[] parts = text.split("\\+", 3); // base64 has plus signs, names and ids have none
        if (parts.length != 3) {
            return null;
        }
        try {
            byte[] typed = Base64.getDecoder().decode(parts[2]);
            if (typed.length != 1 + RAW_LENGTH || typed[0] != ED25519) {
                return null;
            }
            LogKey key = of(parts[0], Arrays.copyOfRange(typed, 1, typed.length));
            return key.text().equals(text) ? key : null;
        } catch (IllegalArgumentException notAKey) {
            return null;
        }
    }

    /** Its name: the origin of the log that it signs. */
    public String name() {
        return name;
    }

    /** Its id in hex: the first four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ key). */
    public String id() {
        return HexFormat.of().formatHex(id);
    }

    byte[] idBytes() {
        return id.clone();
    }

    /** The key's 32 bytes as RFC 8032 §5.1.5 encodes it. */
    public byte[] raw() {
        return raw.clone();
    }

    /** Its text, {@code name+id+key}. */
    public String text() {
        byte[] typed = new byte[1 + RAW_LENGTH];
        typed[0] = ED25519;
        System.arraycopy(raw, 0, typed, 1, RAW_LENGTH);
        return name + "+" + id() + "+" + Base64.getEncoder().encodeToString(typed);
    }

    /** Whether this key signed the message. BouncyCastle's way costs a fifth of the JDK's, which counts in a long log. */
    boolean verifies(byte[] message, byte[] signature) {
        return signature.length == SIGNATURE_LENGTH && Ed25519.verify(signature, 0, raw, 0, message, 0, message.length);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof LogKey that && name.equals(that.name) && Arrays.equals(raw, that.raw);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(raw);
    }

    @Override
    public String toString() {
        return text();
    }
}
