// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

/**
 * Something about an audit log that is not as it was written. Immutable.
 *
 * @param kind what happened to it
 * @param file the name of the file in the log's folder, or of the pack's part
 * @param line the line in it from 1; in a file of leaf hashes, the number of the hash from 1; 0 if it is about the whole file
 * @param index the index of the event in the log from 0, or -1 if it is not about one event
 * @param what in words
 */
public record Finding(Kind kind, String file, long line, long index, String what) {
    /** What can happen to a log. */
    public enum Kind {
        /** Something is there, and not as it was written. */
        ALTERED,
        /** Something is not there any more. */
        MISSING,
        /** Something is there twice. */
        DUPLICATED,
        /** Something is there at another place than it was written to. */
        REORDERED,
        /** Something is there that was never written. */
        ADDED,
        /** The log ends before a checkpoint that was signed over it. */
        TRUNCATED,
        /** A signature that nobody vouches for. */
        UNTRUSTED
    }

    /** One line for people. */
    public String text() {
        StringBuilder text = new StringBuilder(file);
        if (line > 0) {
            text.append(file.endsWith(".bin") ? " entry " : " line ").append(line);
        }
        if (index >= 0) {
            text.append(" (event ").append(index).append(')');
        }
        return text.append(": ").append(kind.name()).append(": ").append(what).toString();
    }
}
