// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import java.lang.invoke.MethodHandle;

/**
 * Calls that only OpenSSL has: the check of a key, AES key wrap by EVP. To be used only if not
 * {@link CryptoLibrary#awsLc()}.
 */
public final class OpenSslCalls {
    private static final MethodHandle CHECK = CryptoLibrary.chosen().bind("EVP_PKEY_check", "ip");
    private static final long[] WRAP = LibCryptoCiphers.ciphers("wrap");
    private static final long[] WRAP_PADDED = LibCryptoCiphers.ciphers("wrap_pad");

    private OpenSslCalls() {}

    /** Whether all parts of the context's key are in range and belong together: 1 if so. */
    public static int check(long context) {
        try {
            return (int) CHECK.invokeExact(context);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_PKEY_check", t);
        }
    }

    /** AES key wrap (RFC 3394) for a key of this many bytes: 16, 24 or 32. */
    public static long wrap(int keyLength) {
        return WRAP[keyLength / 8 - 2];
    }

    /** AES key wrap with padding (RFC 5649) for a key of this many bytes: 16, 24 or 32. */
    public static long wrapPadded(int keyLength) {
        return WRAP_PADDED[keyLength / 8 - 2];
    }
}
