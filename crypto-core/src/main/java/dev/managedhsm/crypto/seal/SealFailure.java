// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

/**
 * Something sealed cannot be trusted or cannot be had. The message is one sentence that names the record or file and
 * says what to do; it never holds content.
 */
public final class SealFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param message one sentence without any secret */
    public SealFailure(String message) {
        super(message);
    }
}
