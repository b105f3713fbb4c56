// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

/**
 * The world does not allow a start: a port in use, a folder that cannot be written, another process on the same data.
 *
 * <p>The message is one sentence that an operator can act on: what is wrong and what to do. It carries no secret. The
 * command line prints it as it is and ends with a non-zero status.
 */
public final class StartRefused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String sentence;

    /**
     * Refuses a start.
     *
     * @param sentence what is wrong and what to do
     */
    public StartRefused(String sentence) {
        super(sentence);
        this.sentence = sentence;
    }

    /**
     * Refuses a start because of an error below.
     *
     * @param sentence what is wrong and what to do
     * @param cause the error that was met, for the log
     */
    public StartRefused(String sentence, Throwable cause) {
        super(sentence, cause);
        this.sentence = sentence;
    }

    /** What is wrong and what to do; the message of this exception. */
    public String sentence() {
        return sentence;
    }
}
