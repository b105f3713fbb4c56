// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

/**
 * Keyed fingerprint of one sealed record in one state. It is never written anywhere but inside the sealed anchor, summed
 * up with all others.
 *
 * @param revision the record's revision
 * @param high first half of the fingerprint
 * @param low second half of the fingerprint
 * @param placedHigh first half of the fingerprint times the record's {@link RecordPlace}
 * @param placedLow second half of that
 */
public record RecordMark(long revision, long high, long low, long placedHigh, long placedLow) {
    /** Of a record that vouches for nothing, and that nothing vouches for. */
    public static final RecordMark NONE = new RecordMark(0, 0, 0, 0, 0);

    @Override
    public String toString() {
        return "mark at revision " + revision;
    }
}
