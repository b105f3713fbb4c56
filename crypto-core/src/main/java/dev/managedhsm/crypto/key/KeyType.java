// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.key;

/** The three families of keys this HSM holds. */
public enum KeyType {
    /** RSA, RFC 8017. */
    RSA,
    /** Elliptic curve over a prime field, FIPS 186-5 and SEC 2. */
    EC,
    /** Symmetric key bytes, used with AES and HMAC. */
    OCT
}
