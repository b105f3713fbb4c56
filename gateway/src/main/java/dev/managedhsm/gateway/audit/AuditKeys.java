// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The public keys of a log, the oldest first: the file {@value #FILE}. The first key signs itself, every later one is signed
 * by the one before it, so who trusts the first trusts all. Immutable; any thread.
 *
 * <p>One key a line, with blanks between: {@code key}, the key as {@link LogKey#text}, the size of the tree from which on it
 * signs, when it began in milliseconds since 1970, and the signature in base64. What is signed is the line {@code
 * managed-hsm-audit-key}, then the line as it is up to the signature's blank, both with their end.
 */
public final class AuditKeys {
    /** The file's name in the log's folder. */
    public static final String FILE = "keys.txt";

    private static final String SIGNED_AS = "managed-hsm-audit-key\n";

    private final List<Entry> entries;

    private AuditKeys(List<Entry> entries) {
        this.entries = List.copyOf(entries);
    }

    /**
     * One key and since when it signs.
     *
     * @param key the key
     * @param firstSize checkpoints of this size and later ones are signed by it, until the next key's first size
     * @param timeMillis when it began, since 1970
     * @param signature by the key before, or by itself if it is the first; in base64
     */
    public record Entry(LogKey key, long firstSize, long timeMillis, String signature) {
        private String statement() {
            return "key " + key.text() + " " + firstSize + " " + timeMillis;
        }

        /** Its line in the file, with its end. */
        public String line() {
            return statement() + " " + signature + "\n";
        }

        private byte[] signed() {
            return (SIGNED_AS + statement() + "\n").getBytes(StandardCharsets.UTF_8);
        }

        /** Whether this key signed the line. */
        boolean signedBy(LogKey signer) {
            try {
                byte[] bytes = Base64.getDecoder().decode(signature);
                return Base64.getEncoder().encodeToString(bytes).equals(signature) && signer.verifies(signed(), bytes);
            } catch (IllegalArgumentException notBase64) {
                return false;
            }
        }

        /** What a line says, without its end, or null when it is not exactly such a line. Looks at no signature. */
        static @Nullable Entry parse(String line) {
            String[] words = line.split(" ", -1);
            LogKey key = words.length == 5 ? LogKey.parse(words[1]) : null;
            if (key == null) {
                return null;
            }
            try {
                Entry entry = new Entry(key, Long.parseLong(words[2]), Long.parseLong(words[3]), words[4]);
                return entry.firstSize >= 0 && entry.line().equals(line + "\n") ? entry : null;
            } catch (IllegalArgumentException notOne) {
                return null;
            }
        }
    }

    /**
     * Begins a log's keys with its first.
     *
     * @param signer the first key
     * @param size of the tree at this moment: what is there is covered by its first checkpoint
     */
    public static AuditKeys begin(AuditSigner signer, long size, long timeMillis) {
        return new AuditKeys(List.of(signed(signer.publicKey(), size, timeMillis, signer)));
    }

    /**
     * These keys and a new one, which signs from now on.
     *
     * @param current the last of these keys, which signs the new one
     * @param next the new key, of the same name
     * @param size of the tree at this moment
     * @throws IllegalArgumentException if the signer is not the last of these keys, the name is another or the size smaller
     */
    public AuditKeys rotate(AuditSigner current, LogKey next, long size, long timeMillis) {
        if (!current.publicKey().equals(last().key())
                || !next.name().equals(origin())
                || size < last().firstSize()
                || find(next.id()) != null) {
            throw new IllegalArgumentException("the new key does not follow the last one");
        }
        List<Entry> more = new ArrayList<>(entries);
        more.add(signed(next, size, timeMillis, current));
        return new AuditKeys(more);
    }

    private static Entry signed(LogKey key, long size, long timeMillis, AuditSigner signer) {
        Entry unsigned = new Entry(key, size, timeMillis, "");
        String signature = Base64.getEncoder().encodeToString(signer.sign(unsigned.signed()));
        return new Entry(key, size, timeMillis, signature);
    }

    /**
     * The keys of a file.
     *
     * @throws AuditRefused when a line is none, or is not signed as it must be; says which
     */
    public static AuditKeys parse(String text) throws AuditRefused {
        String[] lines = text.split("\n", -1);
        if (lines.length < 2 || !lines[lines.length - 1].isEmpty()) {
            throw new AuditRefused(FILE, lines.length, "the file has no whole last line");
        }
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < lines.length - 1; i++) {
            Entry entry = Entry.parse(lines[i]);
            String fault = entry == null ? "this is no key" : fault(entry, entries);
            if (entry == null || fault != null) {
                throw new AuditRefused(FILE, i + 1L, String.valueOf(fault));
            }
            entries.add(entry);
        }
        return new AuditKeys(entries);
    }

    private static @Nullable String fault(Entry entry, List<Entry> before) {
        if (before.isEmpty()) {
            return entry.signedBy(entry.key()) ? null : "the first key has not signed itself";
        }
        Entry last = before.getLast();
        if (!entry.signedBy(last.key())) {
            return "the key " + entry.key().id() + " is not signed by the key before it, "
                    + last.key().id();
        }
        if (!entry.key().name().equals(last.key().name())) {
            return "the key is of another log";
        }
        boolean twice = before.stream()
                .anyMatch(one -> one.key().id().equals(entry.key().id()));
        return twice || entry.firstSize() < last.firstSize() ? "the key does not follow the one before it" : null;
    }

    /** The file's content. */
    public String text() {
        StringBuilder text = new StringBuilder();
        entries.forEach(entry -> text.append(entry.line()));
        return text.toString();
    }

    /** All of them, the oldest first; at least one. */
    public List<Entry> entries() {
        return entries;
    }

    /** The one that signs now. */
    public Entry last() {
        return entries.getLast();
    }

    /** The log's origin, which is the name of all its keys. */
    public String origin() {
        return last().key().name();
    }

    /** The key of an id in hex, or null. */
    public @Nullable Entry find(String id) {
        return entries.stream()
                .filter(entry -> entry.key().id().equals(id))
                .findFirst()
                .orElse(null);
    }

    /** Whether the second id in hex is that of the first one's key, or of the key that follows it. */
    boolean sameOrNext(String id, String other) {
        List<String> ids = entries.stream().map(entry -> entry.key().id()).toList();
        int at = ids.indexOf(id);
        return at >= 0 && ids.subList(at, Math.min(at + 2, ids.size())).contains(other);
    }

    /**
     * Whether a checkpoint is signed by the key whose turn it was. Where a new key begins, both may have signed.
     */
    public boolean signed(SignedCheckpoint checkpoint) {
        Entry entry = find(checkpoint.keyId());
        if (entry == null || checkpoint.size() < entry.firstSize()) {
            return false;
        }
        int next = entries.indexOf(entry) + 1;
        return (next == entries.size() || checkpoint.size() <= entries.get(next).firstSize())
                && checkpoint.signedBy(entry.key());
    }
}
