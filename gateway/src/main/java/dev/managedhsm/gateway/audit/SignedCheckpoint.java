// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.util.Base64;
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

    /** How the last line of each begins. */
    public static final String SIGNATURE_BEGIN = SignedNote.DASH;

    private static final int BODY_LINES = 5;

    private static final String NUMBER = "number ";
    private static final String TIME = "time ";

    private final SignedNote note;
    private final String origin;
    private final long size;
    private final byte[] root;
    private final long number;
    private final long timeMillis;

    private SignedCheckpoint(SignedNote note, String origin, long size, byte[] root, long number, long timeMillis) {
        this.note = note;
        this.origin = origin;
        this.size = size;
        this.root = root;
        this.number = number;
        this.timeMillis = timeMillis;
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
        String origin = signer.publicKey().name();
        SignedNote note = SignedNote.sign(signer, body(origin, size, root, number, timeMillis));
        return new SignedCheckpoint(note, origin, size, root.clone(), number, timeMillis);
    }

    /** The text, seven lines, each with its end. */
    public String text() {
        return note.text();
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
        SignedNote note = SignedNote.parse(text);
        if (note == null) {
            return null;
        }
        String[] lines = note.body().split("\n", -1);
        if (lines.length != BODY_LINES + 1 || !lines[3].startsWith(NUMBER) || !lines[4].startsWith(TIME)) {
            return null;
        }
        try {
            SignedCheckpoint checkpoint = new SignedCheckpoint(
                    note,
                    lines[0],
                    Long.parseLong(lines[1]),
                    Base64.getDecoder().decode(lines[2]),
                    Long.parseLong(lines[3].substring(NUMBER.length())),
                    Long.parseLong(lines[4].substring(TIME.length())));
            boolean exact = LogKey.isName(checkpoint.origin)
                    && checkpoint.size >= 0
                    && checkpoint.number >= 0
                    && checkpoint.root.length == MerkleHash.LENGTH
                    && checkpoint.body().equals(note.body()); // no other base64, no leading zeros
            return exact ? checkpoint : null;
        } catch (IllegalArgumentException notOne) {
            return null;
        }
    }

    private String body() {
        return body(origin, size, root, number, timeMillis);
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
        return note.keyId();
    }

    /** Whether this key signed it. */
    public boolean signedBy(LogKey key) {
        return note.signedBy(key);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SignedCheckpoint that && note.equals(that.note);
    }

    @Override
    public int hashCode() {
        return note.hashCode();
    }

    @Override
    public String toString() {
        return text();
    }
}
