// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.backup;

/** What lets the HSM into a container. */
sealed interface BlobAccess {
    /**
     * What its caller brought.
     *
     * @param query a shared access signature: a query without its question mark
     */
    record Signature(String query) implements BlobAccess {
        @Override
        public String toString() {
            return "a shared access signature";
        }
    }

    /**
     * The HSM's own managed identity.
     *
     * @param tokens where its tokens come from
     */
    record Identity(StorageTokens tokens) implements BlobAccess {}
}
