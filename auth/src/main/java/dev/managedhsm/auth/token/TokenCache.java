// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Verified tokens by their full text, so that a token is verified once and then found until it expires. Bounded in bytes
 * and entries; refusals are not kept, for anybody can make any number of those.
 *
 * <p>{@link #find} may be called by any thread, event loops included: a hit takes no lock and allocates nothing. {@link
 * #keep} takes a lock and belongs on the thread that verified the token.
 *
 * <p>Two halves: new entries go into the young one; when it is full it becomes the old one, and of the former old half
 * only entries that were found since stay, until half of the new young half is taken. So an entry that is asked for
 * lives on, eviction needs no bookkeeping on a hit, and moving costs a small constant for each entry kept.
 *
 * <p>Finding a secret by hash and equality does not take constant time, and need not: only tokens that were verified are
 * in here, nobody learns another's text from how long his own was looked for (one differing character is one of more
 * than a thousand, at the end of which stands a signature he cannot make), and whoever could collide hashes would have
 * to have the colliding tokens signed.
 */
public final class TokenCache {
    /** Bytes a cache takes that is made without a number: some twenty thousand usual tokens. */
    public static final long BYTES_MAX_DEFAULT = 32L * 1024 * 1024;

    /** Entries of a cache that is made without a number. */
    public static final int ENTRIES_MAX_DEFAULT = 64 * 1024;

    /** What an entry takes beside its text and groups: map node, table share, strings' headers, principal. */
    private static final int ENTRY_BYTES = 512;

    private static final int GROUP_BYTES = 40;

    private final long halfBytesMax;
    private final int halfEntriesMax;
    private volatile Halves halves = new Halves(new Half(), new Half());

    private record Halves(Half young, Half old) {}

    /** The counts are written under the cache's lock only. Removed entries stay counted until their half goes. */
    private static final class Half {
        final ConcurrentHashMap<String, Entry> entries = new ConcurrentHashMap<>();
        long bytes;
        int count;

        void put(String token, Entry entry) {
            Entry replaced = entries.put(token, entry);
            bytes += entry.bytes - (replaced == null ? 0 : replaced.bytes);
            count += replaced == null ? 1 : 0;
        }
    }

    private static final class Entry {
        final VerifiedToken verified;
        final int bytes;

        /** Whether it was found since it came into its half. A lost write costs one verification, no more. */
        boolean found;

        Entry(VerifiedToken verified, int bytes) {
            this.verified = verified;
            this.bytes = bytes;
        }
    }

    /** A cache of the default size. */
    public TokenCache() {
        this(BYTES_MAX_DEFAULT, ENTRIES_MAX_DEFAULT);
    }

    /**
     * @param bytesMax most bytes of heap, at least enough for two of the longest tokens
     * @param entriesMax most entries, at least 4
     */
    public TokenCache(long bytesMax, int entriesMax) {
        if (bytesMax < 4L * TokenVerifier.TOKEN_LENGTH_MAX || entriesMax < 4) {
            throw new IllegalArgumentException("A token cache needs at least 64 KiB and 4 entries.");
        }
        this.halfBytesMax = bytesMax / 2;
        this.halfEntriesMax = entriesMax / 2;
    }

    /**
     * The verified token with exactly this text that is usable now, or null. One that is there and not usable (expired,
     * or its key is not believed any more) is removed.
     *
     * @param nowSeconds since 1970
     */
    public @Nullable VerifiedToken find(String token, long nowSeconds) {
        Halves current = halves;
        Half half = current.young;
        Entry entry = half.entries.get(token);
        if (entry == null) {
            half = current.old;
            entry = half.entries.get(token);
            if (entry == null) {
                return null;
            }
        }
        if (!entry.verified.usableAt(nowSeconds)) {
            half.entries.remove(token, entry);
            return null;
        }
        if (!entry.found) {
            entry.found = true;
        }
        return entry.verified;
    }

    /** Keeps a token that was just verified. */
    public synchronized void keep(String token, VerifiedToken verified) {
        int groups = verified.principal().groupIds().size();
        Entry entry = new Entry(verified, ENTRY_BYTES + token.length() + groups * GROUP_BYTES);
        Half young = halves.young;
        if (young.bytes + entry.bytes > halfBytesMax || young.count >= halfEntriesMax) {
            turn();
            young = halves.young;
        }
        young.put(token, entry);
    }

    private void turn() {
        Half survivors = new Half();
        halves.old.entries.forEach((token, entry) -> {
            boolean room = survivors.bytes + entry.bytes <= halfBytesMax / 2 && survivors.count < halfEntriesMax / 2;
            if (entry.found && room) {
                entry.found = false;
                survivors.put(token, entry);
            }
        });
        halves = new Halves(survivors, halves.young);
    }

    /** Entries in both halves; one that was verified twice may count twice. For tests and metrics. */
    public int size() {
        Halves current = halves;
        return current.young.entries.size() + current.old.entries.size();
    }
}
