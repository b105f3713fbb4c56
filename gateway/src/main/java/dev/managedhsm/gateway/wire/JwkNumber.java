// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/**
 * The forms in which clients write a number in a JSON Web Key, and nothing else (RFC 7518 sections 2 and 6). A member with
 * a full length (the modulus's for n and d, half of it for p, q, dp, dq and qi, the field's for x, y and the d of a curve)
 * may be written:
 *
 * <ol>
 *   <li>in its full length, zero bytes in front: what the RFC demands of curves, and .NET writes for RSA;
 *   <li>without zero bytes in front: what the RFC demands of RSA, and some programs write for curves;
 *   <li>with one zero byte in front of a first bit that is set: a signed number, as Java writes it for curves.
 * </ol>
 *
 * <p>The second and third are all there is for n, which says what the full length is, and for e, which has none. Stateless.
 */
final class JwkNumber {
    /** Stands for a full length where there is none. */
    static final int NO_FULL_LENGTH = 0;

    private JwkNumber() {}

    /**
     * How many bytes in front of a number mean nothing.
     *
     * @param bytes where the number lies, at least one byte
     * @param fullLength of the member, or {@link #NO_FULL_LENGTH}
     * @return 0 or 1 (the sign); or -1 if the number is written in no form above
     */
    static int ignored(MemorySegment bytes, int fullLength) {
        int length = (int) bytes.byteSize();
        if (length == fullLength) {
            return 0;
        }
        boolean zero = bytes.get(JAVA_BYTE, 0) == 0;
        boolean signed = zero && length > 1 && bytes.get(JAVA_BYTE, 1) < 0;
        int digits = signed ? length - 1 : length;
        boolean shortest = !zero || signed || length == 1;
        return shortest && (fullLength == NO_FULL_LENGTH || digits <= fullLength) ? length - digits : -1;
    }
}
