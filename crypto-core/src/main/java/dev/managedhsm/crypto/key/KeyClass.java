// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.key;

/**
 * What fixes the cost and the shape of a key: its type with its modulus size, curve or length.
 *
 * <p>A key class never changes over the versions' life; lanes, budgets and histograms are kept per key class.
 */
public enum KeyClass {
    RSA_2048(KeyType.RSA, 2048),
    RSA_3072(KeyType.RSA, 3072),
    RSA_4096(KeyType.RSA, 4096),
    /** secp256r1, FIPS 186-5. */
    P_256(KeyType.EC, 256),
    /** secp384r1, FIPS 186-5. */
    P_384(KeyType.EC, 384),
    /** secp521r1, FIPS 186-5. */
    P_521(KeyType.EC, 521),
    /** secp256k1, SEC 2. */
    P_256K(KeyType.EC, 256),
    OCT_128(KeyType.OCT, 128),
    OCT_192(KeyType.OCT, 192),
    OCT_256(KeyType.OCT, 256);

    private final KeyType type;
    private final int bits;

    KeyClass(KeyType type, int bits) {
        this.type = type;
        this.bits = bits;
    }

    /** The family of this key class. */
    public KeyType type() {
        return type;
    }

    /** Modulus size, size of the curve's field, or key length, in bits. */
    public int bits() {
        return bits;
    }

    /** {@link #bits()} rounded up to bytes: length of an RSA modulus, of one EC coordinate, of the symmetric key. */
    public int bytes() {
        return (bits + 7) / 8;
    }

    /**
     * Whether one private operation costs so much that it must not stand in front of others: RSA of 3072 bits and
     * more, hundreds of microseconds to milliseconds each.
     */
    public boolean slow() {
        return type == KeyType.RSA && bits >= 3072;
    }
}
