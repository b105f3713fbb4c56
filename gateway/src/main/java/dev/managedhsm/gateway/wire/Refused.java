// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

/** A control request's body or parameter is not acceptable, or not now. Carries the refusal; has no stack trace. */
public final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    @SuppressWarnings("serial") // never serialised
    private final WireError error;

    /** @param message what is wrong, naming the property, without its value where that could be secret */
    public Refused(String message) {
        this(WireError.badParameter(message));
    }

    /** @param error the refusal, where it is another one than 400 */
    public Refused(WireError error) {
        super(error.message(), null, false, false);
        this.error = error;
    }

    /** The refusal to answer. */
    public WireError error() {
        return error;
    }
}
