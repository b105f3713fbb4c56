// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.backup;

/** A backup cannot be written, read or trusted. The message is one sentence without any secret. */
public final class BackupFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What went wrong. */
    public enum Reason {
        /** The place is none that the configuration allows, or is not well named. */
        NOT_ALLOWED,
        /** The place cannot be reached, or does not let us in. */
        UNREACHABLE,
        /** There is no finished backup of that name. */
        NOT_FOUND,
        /** The backup belongs to another security domain. */
        FOREIGN,
        /** The backup is not as it was written. */
        DAMAGED
    }

    private final Reason reason;

    /**
     * @param reason what went wrong
     * @param message one sentence without any secret
     */
    public BackupFailure(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    /** What went wrong. */
    public Reason reason() {
        return reason;
    }
}
