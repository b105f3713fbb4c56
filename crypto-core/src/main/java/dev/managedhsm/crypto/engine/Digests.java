// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import org.bouncycastle.crypto.Digest;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.digests.SHA384Digest;
import org.bouncycastle.crypto.digests.SHA512Digest;

/** The hash functions of the portable engine, FIPS 180-4. */
final class Digests {
    private Digests() {}

    /** A new SHA-2 function whose digest has this many bytes: 32, 48 or 64. */
    static Digest ofLength(int length) {
        return switch (length) {
            case 32 -> SHA256Digest.newInstance();
            case 48 -> new SHA384Digest();
            case 64 -> new SHA512Digest();
            default -> throw new IllegalStateException("no hash function has digests of " + length + " bytes");
        };
    }
}
