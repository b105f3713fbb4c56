// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * What the HSM says, signed, about its log at a moment: how many events it has, and the root over all of them. The text is a
 * C2SP <em>tlog-checkpoint</em> in a <em>signed-note</em>. Immutable; any thread.
 *
 * <pre>
 *   hsm1.hsm.example/audit                                    origin: also the key's name
 *   1729                                                      how many events
 *   qINS1GRFWMGbSnrh5GF5Hbjl2W9OG+ORYjPwOoRdLuU=              root
 *   number 41                                                 how many checkpoints were before it
 *   time 1767225600000                                        milliseconds since 1970
 *                                                             an empty line
 *   — hsm1.hsm.example/audit Az3grlgtzPICa5OS8npVmf1My…       key id and Ed25519 signature over all before the empty line
 * </pre>
 *
 * <p>In {@value #FILE} checkpoints follow each other, each with an empty line behind it. As they are numbered, one that was
 * taken out is missed.
 */
public final class SignedCheckpoint {
    /** The file of a log's checkpoints in its folder. */
    public static final String FILE = "checkpoints.txt";

    /** Lines of the text. */
    static final int LINES = 7;

    private static final String NUMBER = "number ";
    private static final String TIME = "time ";
    private static final String DASH = "\u2014 ";

    private final String origin;
    private final long size;
    private final byte[] root;
    private final long number;
    private final long timeMillis;
    private final String keyId;
    private final byte[] signature;

    private SignedCheckpoint(
            String origin, long size, byte[] root, long number, long timeMillis, String keyId, byte[] signature) {
        this.origin = origin;
        this.size = size;
        this.root = root;
        this.number = number;
        this.timeMillis = timeMillis;
        this.keyId = keyId;
        this.signature = signature;
    }

    /**
     * Signs the state of a log. The origin is the signer's name.
     *
     * @param signer the key whose turn it is
     * @param size how many events the log has
     * @param root the root over all of them
     * @param number how many checkpoints the log has already
     * @param timeMillis now, since 1970
     */
    public static SignedCheckpoint sign(AuditSigner signer, long size, byte[] root, long number, long timeMillis) {
        LogKey key = signer.publicKey();
        byte[] signature =
                signer.sign(body(key.name(), size, root, number, timeMillis).getBytes(StandardCharsets.UTF_8));
        return new SignedCheckpoint(key.name(), size, root.clone(), number, timeMillis, key.id(), signature);
    }

    /** The text, seven lines, each with its end. */
    public String text() {
        byte[] id = HexFormat.of().parseHex(keyId);
        byte[] signed = Arrays.copyOf(id, id.length + signature.length);
        System.arraycopy(signature, 0, signed, id.length, signature.length);
        return body(origin, size, root, number, timeMillis) + "\n" + DASH + origin + " "
                + Base64.getEncoder().encodeToString(signed) + "\n";
    }

    private static String body(String origin, long size, byte[] root, long number, long timeMillis) {
        return origin + "\n" + size + "\n" + Base64.getEncoder().encodeToString(root) + "\n" + NUMBER + number + "\n"
                + TIME + timeMillis + "\n";
    }

    /**
     * What a text says, or null when it is not exactly such a text, with nothing before or behind it. The signature is not
     * looked at: see {@link #signedBy}.
     */
    public static @Nullable SignedCheckpoint parse(String text) {
        String[] lines = text.split("\n", -1);
        if (lines.length != LINES + 1
                || !lines[3].startsWith(NUMBER)
                || !lines[4].startsWith(TIME)
                || !lines[6].startsWith(DASH + lines[0] + " ")) {
            return null;
        }
        try {
            byte[] signed = Base64.getDecoder().decode(lines[6].substring(DASH.length() + lines[0].length() + 1));
            if (signed.length != LogKey.ID_LENGTH + LogKey.SIGNATURE_LENGTH) {
                return null;
            }
            SignedCheckpoint checkpoint = new SignedCheckpoint(
                    lines[0],
                    Long.parseLong(lines[1]),
                    Base64.getDecoder().decode(lines[2]),
                    Long.parseLong(lines[3].substring(NUMBER.length())),
                    Long.parseLong(lines[4].substring(TIME.length())),
                    HexFormat.of().formatHex(signed, 0, LogKey.ID_LENGTH),
                    Arrays.copyOfRange(signed, LogKey.ID_LENGTH, signed.length));
            boolean exact = LogKey.isName(checkpoint.origin)
                    && checkpoint.size >= 0
                    && checkpoint.number >= 0
                    && checkpoint.root.length == MerkleHash.LENGTH
                    && checkpoint.text().equals(text); // one text only says it: no other base64, no leading zeros
            return exact ? checkpoint : null;
        } catch (IllegalArgumentException notOne) {
            return null;
        }
    }

    /** Which log: also the name of the key that signed. */
    public String origin() {
        return origin;
    }

    /** How many events the log had. */
    public long size() {
        return size;
    }

    /** The root of the tree of all of them. */
    public byte[] root() {
        return root.clone();
    }

    /** How many checkpoints the log had before it. */
    public long number() {
        return number;
    }

    /** When it was signed, in milliseconds since 1970. */
    public long timeMillis() {
        return timeMillis;
    }

    /** The id of the key that signed, in hex. */
    public String keyId() {
        return keyId;
    }

    /** Whether this key signed it. */
    public boolean signedBy(LogKey key) {
        return key.name().equals(origin)
                && key.id().equals(keyId)
                && key.verifies(
                        body(origin, size, root, number, timeMillis).getBytes(StandardCharsets.UTF_8), signature);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SignedCheckpoint that && text().equals(that.text());
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(signature);
    }

    @Override
    public String toString() {
        return text();
    }
}
