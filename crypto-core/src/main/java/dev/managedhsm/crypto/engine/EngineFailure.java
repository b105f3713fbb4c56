// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

/** The engine could not do what it promises. Carries no key bytes, no plaintext and no input. */
public final class EngineFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param message what failed and what to do, without any secret */
    public EngineFailure(String message) {
        super(message);
    }
}
