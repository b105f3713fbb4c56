// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

/**
 * The first difference between what was written and what is there.
 *
 * @param kind what happened
 * @param at at which place from 0
 * @param what in words
 */
record Difference(Finding.Kind kind, int at, String what) {
    /**
     * Finds it.
     *
     * @param written what was written: it is known to be right
     * @param there what is there
     * @param at the first place where they differ
     * @param first the index of the event at place 0
     * @param thing what stands at each place: line or entry
     */
    static Difference of(HashSequence written, HashSequence there, int at, long first, String thing) {
        long index = first + at;
        if (at >= there.count()) {
            long last = first + written.count() - 1;
            return new Difference(Finding.Kind.MISSING, at, events(index, last) + " not there");
        }
        int stands = written.find(there, at, at);
        int copyOf = stands >= 0 ? -1 : written.find(there, at, 0);
        if (at >= written.count()) {
            return copyOf >= 0
                    ? new Difference(Finding.Kind.DUPLICATED, at, "event " + (first + copyOf) + " is here once more")
                    : new Difference(Finding.Kind.ADDED, at, "this " + thing + " was never written");
        }
        int now = there.find(written, at, at + 1);
        boolean next = at + 1 < there.count() && at + 1 < written.count() && there.same(at + 1, written, at + 1);
        if (now >= 0) {
            if (stands > at) {
                return new Difference(
                        Finding.Kind.REORDERED,
                        at,
                        "event " + (first + stands) + " is here, and event " + index + " at " + thing + " "
                                + (now + 1));
            }
            return copyOf >= 0
                    ? new Difference(Finding.Kind.DUPLICATED, at, "event " + (first + copyOf) + " is here once more")
                    : new Difference(Finding.Kind.ADDED, at, "this " + thing + " was never written");
        }
        if (stands > at && !next) {
            return new Difference(Finding.Kind.MISSING, at, events(index, first + stands - 1) + " not there");
        }
        int copied = stands > at ? stands : copyOf;
        return new Difference(
                Finding.Kind.ALTERED,
                at,
                copied >= 0
                        ? "event " + index + " was replaced by a copy of event " + (first + copied)
                        : "event " + index + " is not as it was written");
    }

    private static String events(long from, long to) {
        return from == to ? "event " + from + " is" : "events " + from + " to " + to + " are";
    }
}
