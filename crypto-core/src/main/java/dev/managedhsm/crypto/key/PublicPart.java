// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.key;

import java.util.Arrays;

/** What anybody may know of a key: modulus and exponent, a point, or nothing. */
@SuppressWarnings("ArrayRecordComponent") // both records compare contents; nobody writes to the arrays
public sealed interface PublicPart {

    /**
     * An RSA public key.
     *
     * @param modulus big endian, unsigned, without leading zero byte
     * @param exponent big endian, unsigned, without leading zero byte
     */
    record Rsa(byte[] modulus, byte[] exponent) implements PublicPart {
        @Override
        public boolean equals(Object other) {
            return other instanceof Rsa rsa
                    && Arrays.equals(modulus, rsa.modulus)
                    && Arrays.equals(exponent, rsa.exponent);
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(modulus) + Arrays.hashCode(exponent);
        }
    }

    /**
     * A point on the key class's curve.
     *
     * @param x big endian, as long as the curve's field ({@link KeyClass#bytes()})
     * @param y big endian, as long as the curve's field
     */
    record Point(byte[] x, byte[] y) implements PublicPart {
        @Override
        public boolean equals(Object other) {
            return other instanceof Point point && Arrays.equals(x, point.x) && Arrays.equals(y, point.y);
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(x) + Arrays.hashCode(y);
        }
    }

    /** A symmetric key has no public part. */
    record None() implements PublicPart {}
}
