// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

/** Where a secret is had from, each time anew: its bytes are never kept. Any thread. */
public interface SecretSource {
    /**
     * Reads the secret.
     *
     * @return its bytes, for the caller to wipe
     * @throws IllegalArgumentException with a sentence for the operator that holds nothing of it
     */
    byte[] read();
}
