// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.policy;

/** A text is no release policy that this HSM understands. The message is for the caller and quotes nothing. */
public final class PolicyRefused extends Exception {
    private static final long serialVersionUID = 1L;

    PolicyRefused(String message) {
        super(message);
    }

    /** What is wrong. */
    public String reason() {
        return String.valueOf(getMessage());
    }
}
