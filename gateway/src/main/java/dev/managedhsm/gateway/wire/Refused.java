// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

/** A control request's body or parameter is not acceptable. Carries the refusal; has no stack trace. */
public final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param message what is wrong, naming the property, without its value where that could be secret */
    public Refused(String message) {
        super(message, null, false, false);
    }

    /** The refusal to answer. */
    public WireError error() {
        return WireError.badParameter(String.valueOf(getMessage()));
    }
}
