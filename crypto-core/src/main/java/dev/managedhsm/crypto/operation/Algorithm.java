// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.operation;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyType;

/**
 * Every algorithm a key can be used with (RFC 7518 names where it has one), with the keys it fits, the operations it
 * serves and the digest it takes.
 */
public enum Algorithm {
    /** RSASSA-PKCS1-v1_5 over a ready digest, RFC 8017 section 8.2. */
    RS256(Family.RSA_PKCS1_SIGNATURE, 32),
    RS384(Family.RSA_PKCS1_SIGNATURE, 48),
    RS512(Family.RSA_PKCS1_SIGNATURE, 64),
    /** PKCS#1 v1.5 type 1 padding around the caller's bytes, without DigestInfo; at most modulus - 11 bytes. */
    RSNULL(Family.RSA_PKCS1_SIGNATURE, 0),
    /** RSASSA-PSS, RFC 8017 section 8.1; MGF1 with the same hash, salt as long as the hash (RFC 7518 section 3.5). */
    PS256(Family.RSA_PSS_SIGNATURE, 32),
    PS384(Family.RSA_PSS_SIGNATURE, 48),
    PS512(Family.RSA_PSS_SIGNATURE, 64),
    /** ECDSA, FIPS 186-5 section 6; signature r ‖ s of fixed length (RFC 7518 section 3.4). */
    ES256(Family.ECDSA, 32, KeyClass.P_256),
    ES256K(Family.ECDSA, 32, KeyClass.P_256K),
    ES384(Family.ECDSA, 48, KeyClass.P_384),
    ES512(Family.ECDSA, 64, KeyClass.P_521),
    /** HMAC, FIPS 198-1, over the caller's digest. */
    HS256(Family.HMAC, 32),
    HS384(Family.HMAC, 48),
    HS512(Family.HMAC, 64),
    /** RSAES-PKCS1-v1_5, RFC 8017 section 7.2. */
    RSA1_5(Family.RSA_ENCRYPTION, 0),
    /** RSAES-OAEP with SHA-1, RFC 8017 section 7.1. */
    RSA_OAEP(Family.RSA_ENCRYPTION, 0),
    /** RSAES-OAEP with SHA-256 for both label and MGF1. */
    RSA_OAEP_256(Family.RSA_ENCRYPTION, 0),
    /** AES-GCM, NIST SP 800-38D; 12-byte vector made by the HSM, 16-byte tag. */
    A128GCM(Family.AES_GCM, 0, KeyClass.OCT_128),
    A192GCM(Family.AES_GCM, 0, KeyClass.OCT_192),
    A256GCM(Family.AES_GCM, 0, KeyClass.OCT_256),
    /** AES-CBC without padding, NIST SP 800-38A. */
    A128CBC(Family.AES_CBC, 0, KeyClass.OCT_128),
    A192CBC(Family.AES_CBC, 0, KeyClass.OCT_192),
    A256CBC(Family.AES_CBC, 0, KeyClass.OCT_256),
    /** AES-CBC with PKCS#7 padding, RFC 5652 section 6.3. */
    A128CBCPAD(Family.AES_CBC_PAD, 0, KeyClass.OCT_128),
    A192CBCPAD(Family.AES_CBC_PAD, 0, KeyClass.OCT_192),
    A256CBCPAD(Family.AES_CBC_PAD, 0, KeyClass.OCT_256),
    /** AES key wrap, RFC 3394. */
    A128KW(Family.AES_KEY_WRAP, 0, KeyClass.OCT_128),
    A192KW(Family.AES_KEY_WRAP, 0, KeyClass.OCT_192),
    A256KW(Family.AES_KEY_WRAP, 0, KeyClass.OCT_256),
    /** AES key wrap whatever the key's size (the mechanism's name in PKCS#11). */
    CKM_AES_KEY_WRAP(Family.AES_KEY_WRAP, 0),
    /** AES key wrap with padding, RFC 5649, whatever the key's size. */
    CKM_AES_KEY_WRAP_PAD(Family.AES_KEY_WRAP_PAD, 0);

    /** Algorithms that share their code. */
    public enum Family {
        RSA_PKCS1_SIGNATURE(KeyType.RSA, Operation.SIGN, Operation.VERIFY),
        RSA_PSS_SIGNATURE(KeyType.RSA, Operation.SIGN, Operation.VERIFY),
        RSA_ENCRYPTION(KeyType.RSA, Operation.ENCRYPT, Operation.DECRYPT, Operation.WRAP_KEY, Operation.UNWRAP_KEY),
        ECDSA(KeyType.EC, Operation.SIGN, Operation.VERIFY),
        HMAC(KeyType.OCT, Operation.SIGN, Operation.VERIFY),
        AES_GCM(KeyType.OCT, Operation.ENCRYPT, Operation.DECRYPT),
        AES_CBC(KeyType.OCT, Operation.ENCRYPT, Operation.DECRYPT),
        AES_CBC_PAD(KeyType.OCT, Operation.ENCRYPT, Operation.DECRYPT),
        AES_KEY_WRAP(KeyType.OCT, Operation.WRAP_KEY, Operation.UNWRAP_KEY),
        AES_KEY_WRAP_PAD(KeyType.OCT, Operation.WRAP_KEY, Operation.UNWRAP_KEY);

        private final KeyType keyType;
        /** One bit per operation, because an enum holds only immutable fields and a worker asks without allocating. */
        private final int operations;

        Family(KeyType keyType, Operation... operations) {
            this.keyType = keyType;
            int bits = 0;
            for (Operation operation : operations) {
                bits |= 1 << operation.ordinal();
            }
            this.operations = bits;
        }
    }

    private final Family family;
    private final int digestLength;
    /** One bit per key class. */
    private final int keyClasses;

    Algorithm(Family family, int digestLength) {
        this.family = family;
        this.digestLength = digestLength;
        int bits = 0;
        for (KeyClass keyClass : KeyClass.values()) {
            if (keyClass.type() == family.keyType) {
                bits |= 1 << keyClass.ordinal();
            }
        }
        this.keyClasses = bits;
    }

    Algorithm(Family family, int digestLength, KeyClass only) {
        this.family = family;
        this.digestLength = digestLength;
        this.keyClasses = 1 << only.ordinal();
    }

    /** The family this algorithm shares its code with. */
    public Family family() {
        return family;
    }

    /** Length of the digest that sign and verify take, in bytes; 0 where any length or no digest is taken. */
    public int digestLength() {
        return digestLength;
    }

    /** Whether a key of this class can be used with this algorithm. */
    public boolean fits(KeyClass keyClass) {
        return (keyClasses & 1 << keyClass.ordinal()) != 0;
    }

    /** Whether this algorithm serves the operation. */
    public boolean serves(Operation operation) {
        return (family.operations & 1 << operation.ordinal()) != 0;
    }
}
