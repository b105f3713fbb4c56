// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

/**
 * One thing that is wrong with a configuration.
 *
 * @param line where, from 1 on
 * @param key the key's place, such as {@code tls.private_key}; empty for the file as a whole
 * @param reason what is wrong and what would be right; never the value of a secret
 * @param kind whether the file is wrong or what it names
 */
public record Fault(int line, String key, String reason, Kind kind) {
    /** What is wrong. */
    public enum Kind {
        /** The file says something that cannot be meant. */
        FILE,
        /** The file is in order; what it names is missing, or is not as it must be. */
        WORLD
    }

    /** As one line for an operator: file, line, key, reason. */
    public String text(String file) {
        return file + ":" + line + ": " + (key.isEmpty() ? "" : key + ": ") + reason;
    }
}
