// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

/** A part of an audit log is not what it must be; the message says which, and what is wrong. */
public final class AuditRefused extends Exception {
    private static final long serialVersionUID = 1L;

    /**
     * A refusal.
     *
     * @param message which part, and what is wrong, in one sentence without secrets
     */
    public AuditRefused(String message) {
        super(message);
    }
}
