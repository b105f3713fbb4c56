// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.PublicPart;
import org.jspecify.annotations.Nullable;

/** What an imported key is made from. */
public sealed interface KeyOrigin extends AutoCloseable {
    /**
     * A key whose owner knows its secret.
     *
     * @param publicPart what is said to be its public part, without leading zero bytes (RSA) or as long as the field (EC)
     * @param material its secret, owned by this
     */
    record Clear(PublicPart publicPart, KeyMaterial material) implements KeyOrigin {
        @Override
        public void close() {
            material.close();
        }
    }

    /**
     * A key that was wrapped elsewhere for this HSM ({@link dev.managedhsm.crypto.operation.KeyTransport#OAEP_SHA1}):
     * PKCS#8 of an RSA or EC key, or the bytes of a symmetric one. Whether its class is the one that the request names is
     * seen when it is unwrapped; of RSA and symmetric keys any size of the type is taken.
     *
     * @param exchangeKey name of the key that unwraps it
     * @param exchangeVersion its version, in any case of letters, or null for the current one
     * @param wrapped what was wrapped
     */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares these, and nobody writes to the array
    record Wrapped(KeyName exchangeKey, @Nullable String exchangeVersion, byte[] wrapped) implements KeyOrigin {
        /** Nothing of it is secret while it is wrapped. */
        @Override
        public void close() {}
    }

    /** Wipes what is secret. */
    @Override
    void close();
}
