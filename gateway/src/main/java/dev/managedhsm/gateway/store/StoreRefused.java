// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

/** A store cannot be opened or read. The message is one sentence that says what is wrong and what to do. */
public final class StoreRefused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param message one sentence */
    public StoreRefused(String message) {
        super(message);
    }
}
