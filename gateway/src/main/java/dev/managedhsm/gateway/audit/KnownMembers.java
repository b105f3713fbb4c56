// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Members of JSON that say the same of the same object: written once, copied from then on. It knows a fixed number of objects
 * by their identity, and forgets one when another takes its place. Used by one thread.
 *
 * @param <T> what the members tell of; never changes
 */
final class KnownMembers<T> {
    /** How many objects, a power of two. */
    private static final int PLACES = 1024;

    private static final int MEMBERS_LENGTH_MAX = 4 * 1024;

    private final BiConsumer<T, JsonLine> writer;
    private final @Nullable Object[] subjects = new Object[PLACES];
    private final byte[][] members = new byte[PLACES][];
    private final JsonLine line = new JsonLine(MEMBERS_LENGTH_MAX);

    /** @param writer writes the members of one, each behind a comma, {@value #MEMBERS_LENGTH_MAX} bytes at most */
    KnownMembers(BiConsumer<T, JsonLine> writer) {
        this.writer = writer;
    }

    /** The members of one, UTF-8. Allocates for one that is not known. */
    @SuppressWarnings("ReferenceEquality") // an equal one is written again: comparing would cost more than it saves
    byte[] of(T subject) {
        int hash = System.identityHashCode(subject);
        int place = (hash ^ hash >>> 16) & PLACES - 1;
        if (subjects[place] != subject) {
            line.clear();
            writer.accept(subject, line);
            members[place] = line.copy();
            subjects[place] = subject;
        }
        return members[place];
    }
}
