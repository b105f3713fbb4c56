// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import dev.managedhsm.crypto.foreign.LibCryptoKeys;
import dev.managedhsm.crypto.key.KeyClass;
import java.util.concurrent.atomic.AtomicLong;

/** An RSA or EC pair inside the libcrypto, which wipes it when it is freed. */
public final class PairKey implements LoadedKey {
    private final KeyClass keyClass;
    private final AtomicLong address;

    /** @param address an EVP_PKEY that this object owns from now on */
    PairKey(KeyClass keyClass, long address) {
        this.keyClass = keyClass;
        this.address = new AtomicLong(address);
    }

    @Override
    public KeyClass keyClass() {
        return keyClass;
    }

    /** The EVP_PKEY. */
    long address() {
        long key = address.getPlain();
        if (key == 0) {
            throw new IllegalStateException("the key was closed");
        }
        return key;
    }

    @Override
    public void close() {
        long key = address.getAndSet(0);
        if (key != 0) {
            LibCryptoKeys.free(key);
        }
    }
}
