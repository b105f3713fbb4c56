// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Where a record stands among all, as an element of the field of 2^128 elements (that of AES-GCM, NIST SP 800-38D section 6.3,
 * with the bits in the order of numbers). No secret. Immutable.
 *
 * <p>Marks are summed up twice, as they are and each times its record's place. If one record alone is not as it was, the two
 * sums differ by d and by place × d, which tells which one it is, as the syndromes of an error-correcting code do.
 *
 * @param high first half
 * @param low second half
 */
record RecordPlace(long high, long low) {
    private static final long POLYNOMIAL = 0x87;

    /** Of a record's name. */
    static RecordPlace of(RecordName record) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            for (String part : new String[] {record.purpose().label(), record.key(), record.version()}) {
                sha256.update(part.getBytes(StandardCharsets.UTF_8));
                sha256.update((byte) 0);
            }
            byte[] digest = sha256.digest();
            return new RecordPlace(number(digest, 0), number(digest, Long.BYTES));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static long number(byte[] bytes, int at) {
        long number = 0;
        for (int i = at; i < at + Long.BYTES; i++) {
            number = number << 8 | (bytes[i] & 0xff);
        }
        return number;
    }

    /** The product with another element; in a time that does not depend on that. */
    RecordPlace times(long otherHigh, long otherLow) {
        long productHigh = 0;
        long productLow = 0;
        for (int bit = 127; bit >= 0; bit--) {
            long carried = productHigh >> 63; // all ones or none
            productHigh = productHigh << 1 | productLow >>> 63;
            productLow = productLow << 1 ^ (carried & POLYNOMIAL);
            long wanted = -((bit > 63 ? otherHigh >>> bit : otherLow >>> bit) & 1);
            productHigh ^= high & wanted;
            productLow ^= low & wanted;
        }
        return new RecordPlace(productHigh, productLow);
    }
}
