// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.key;

import java.util.Locale;

/**
 * Name of a key: 1 to 127 ASCII letters, digits and hyphens. Two names that differ only in case are the same name.
 *
 * @param text the name as its creator wrote it
 */
public record KeyName(String text) {
    /** Longest name, in characters. */
    public static final int LENGTH_MAX = 127;

    /** Refuses text that is no key name; ask {@link #valid(String)} first when the text comes from a caller. */
    public KeyName {
        if (!valid(text)) {
            throw new IllegalArgumentException("not a key name");
        }
    }

    /** Whether the text is a key name. */
    public static boolean valid(String text) {
        int length = text.length();
        if (length < 1 || length > LENGTH_MAX) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            boolean allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
            if (!allowed) {
                return false;
            }
        }
        return true;
    }

    /** The form in which names are compared, sorted and stored: lower case. */
    public String folded() {
        return text.toLowerCase(Locale.ROOT);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof KeyName name && text.equalsIgnoreCase(name.text);
    }

    @Override
    public int hashCode() {
        return folded().hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
