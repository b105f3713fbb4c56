// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

/** A native library is missing, is not the one we expect, or broke its promise. Carries no secret. */
public final class LibraryFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param message what failed and, where somebody can do something about it, what */
    public LibraryFailure(String message) {
        super(message);
    }
}
