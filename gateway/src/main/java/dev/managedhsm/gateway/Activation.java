// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.seal.RootKey;
import dev.managedhsm.crypto.seal.SealFailure;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * That the HSM was activated, how, and which root key its records are sealed under. Kept in the clear, because it is asked
 * before there is a root key, and vouched for by that key, so that a change is noticed as soon as there is. Immutable.
 *
 * <pre>
 *   managed-hsm activation 1
 *   root (identity of the root key, 32 hexadecimal digits)
 *   by download, upload or start
 *   domain (identity of the root key of the last security domain that was downloaded or uploaded, or -)
 *   quorum 3 of 5                  or: quorum -
 *   at 2026-01-31T12:00:00Z
 *   proof (64 hexadecimal digits over all lines above)
 * </pre>
 *
 * @param root identity of the root key, hexadecimal
 * @param way how the HSM was activated
 * @param domain identity of the root key that custodians hold, hexadecimal; null if they hold none
 * @param quorum how many custodians it takes, and of how many; null if there are none or it is not known
 * @param at when
 */
record Activation(
        String root,
        Way way,
        @Nullable String domain,
        @Nullable String quorum,
        Instant at) {
    private static final String TITLE = "managed-hsm activation 1";
    private static final String LABEL = "activation record";
    private static final int LINES = 7;
    private static final HexFormat HEX = HexFormat.of();

    /** How an HSM is activated. */
    enum Way {
        /** Custodians got its root key. */
        DOWNLOAD,
        /** It got the root key of another HSM from custodians. */
        UPLOAD,
        /** By itself, when it was started; nobody but its root key file has the root key. */
        START
    }

    /** Identity of a root key, hexadecimal. */
    static String identity(Engine engine, RootKey root) {
        return HEX.formatHex(root.identity(engine));
    }

    /** The record, with the root key's word for it. */
    byte[] text(Engine engine, RootKey key) {
        String lines = lines();
        return (lines + "proof " + HEX.formatHex(key.vouch(engine, LABEL, lines.getBytes(US_ASCII))) + "\n")
                .getBytes(US_ASCII);
    }

    private String lines() {
        return String.join(
                "\n",
                TITLE,
                "root " + root,
                "by " + wayText(),
                "domain " + (domain == null ? "-" : domain),
                "quorum " + (quorum == null ? "-" : quorum),
                "at " + at,
                "");
    }

    /**
     * Reads a record, without knowing yet whether it is true.
     *
     * @throws SealFailure if it cannot be read
     */
    static Activation read(byte[] text) {
        List<String> lines = new String(text, US_ASCII).lines().toList();
        try {
            if (lines.size() == LINES && lines.getFirst().equals(TITLE)) {
                return new Activation(
                        value(lines.get(1), "root "),
                        Way.valueOf(value(lines.get(2), "by ").toUpperCase(Locale.ROOT)),
                        optional(lines.get(3), "domain "),
                        optional(lines.get(4), "quorum "),
                        Instant.parse(value(lines.get(5), "at ")));
            }
        } catch (RuntimeException malformed) {
            // said below
        }
        throw new SealFailure(
                "the store's record of its activation is damaged or newer: restore the store from a backup");
    }

    private static String value(String line, String name) {
        if (!line.startsWith(name)) {
            throw new IllegalArgumentException("another line");
        }
        return line.substring(name.length());
    }

    private static @Nullable String optional(String line, String name) {
        String value = value(line, name);
        return value.equals("-") ? null : value;
    }

    /**
     * Makes sure that a record is what this root key vouched for.
     *
     * @throws SealFailure if it is not
     */
    static void check(Engine engine, RootKey key, byte[] text) {
        if (!MessageDigest.isEqual(text, read(text).text(engine, key))) {
            throw new SealFailure("the store's record of its activation was changed: restore the store from a backup");
        }
    }

    /** How the HSM was activated, in lower case. */
    String wayText() {
        return way.name().toLowerCase(Locale.ROOT);
    }

    /** Whether custodians hold the root key that is in use. */
    boolean domainCurrent() {
        return root.equals(domain);
    }
}
