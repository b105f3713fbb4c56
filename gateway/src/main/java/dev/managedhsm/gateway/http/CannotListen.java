// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

/** An address cannot be listened on; the cause is what the transport reported. */
public final class CannotListen extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Listener listener;

    CannotListen(Listener listener, Throwable cause) {
        super(cause);
        this.listener = listener;
    }

    /** What was to be listened on. */
    public Listener listener() {
        return listener;
    }
}
