// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

/** A part of an audit log is not what it must be; the message says which, and what is wrong. */
public final class AuditRefused extends Exception {
    private static final long serialVersionUID = 1L;

    private final long line;
    private final String what;

    /**
     * A refusal.
     *
     * @param file the part's name
     * @param line the line of it from 1, or 0 if it is about the whole part
     * @param what what is wrong, in words without secrets
     */
    public AuditRefused(String file, long line, String what) {
        super(file + (line > 0 ? " line " + line : "") + ": " + what);
        this.line = line;
        this.what = what;
    }

    /**
     * A refusal of the log as a whole.
     *
     * @param message what is wrong, and what to do, in one sentence without secrets
     */
    public AuditRefused(String message) {
        super(message);
        this.line = 0;
        this.what = message;
    }

    /** The line from 1, or 0. */
    public long line() {
        return line;
    }

    /** What is wrong, in words. */
    public String what() {
        return what;
    }
}
