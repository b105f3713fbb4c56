// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.key;

/** What a key may be used for, as its owner declared it (RFC 7517 section 4.3, and the HSM's own additions). */
public enum PermittedOperation {
    ENCRYPT,
    DECRYPT,
    SIGN,
    VERIFY,
    WRAP_KEY,
    UNWRAP_KEY,
    DERIVE_KEY,
    /** The key is a key-exchange key: it unwraps keys that are imported, and does nothing else. */
    IMPORT,
    /** The key may be released to an attested environment. */
    EXPORT;

    /** Whether keys of this type can do it at all. */
    public boolean fits(KeyType type) {
        return switch (this) {
            case SIGN, VERIFY, EXPORT -> true;
            case ENCRYPT, DECRYPT, WRAP_KEY, UNWRAP_KEY -> type != KeyType.EC;
            case IMPORT -> type == KeyType.RSA;
            case DERIVE_KEY -> type != KeyType.RSA;
        };
    }
}
