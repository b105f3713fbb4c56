// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.role;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where a role applies: the whole HSM ({@code /}), all keys ({@code /keys}), or one key with all its versions
 * ({@code /keys/name}). Key names are folded to lower case, so scopes of one key are equal however they were written.
 *
 * @param level how far it reaches
 * @param keyName the folded name of the one key; empty on the other levels
 */
public record Scope(Level level, String keyName) {
    /** The three reaches of a scope, widest first. */
    public enum Level {
        /** Everything. */
        HSM,
        /** Every key. */
        KEYS,
        /** One key. */
        KEY
    }

    /** The whole HSM. */
    public static final Scope HSM = new Scope(Level.HSM, "");

    /** All keys. */
    public static final Scope KEYS = new Scope(Level.KEYS, "");

    private static final int KEY_NAME_LENGTH_MAX = 127;

    /** Folds the name. A name on another level than the key's, or none there, is a mistake of the program. */
    public Scope {
        keyName = keyName.toLowerCase(Locale.ROOT);
        if (level == Level.KEY ? !validKeyName(keyName) : !keyName.isEmpty()) {
            throw new IllegalArgumentException("no scope: a key's scope needs a key name, the others have none");
        }
    }

    /** The scope of one key, given its name in any case. */
    public static Scope key(String name) {
        return new Scope(Level.KEY, name);
    }

    /**
     * Reads a scope as clients write it: leading, trailing and repeated slashes do not count, upper and lower case are
     * the same, and the empty text is the whole HSM.
     *
     * @return the scope, or null when the text is none
     */
    public static @Nullable Scope parse(String text) {
        String keys = "keys";
        int start = skipSlashes(text, 0);
        if (start == text.length()) {
            return HSM;
        }
        int end = start + keys.length();
        if (!text.regionMatches(true, start, keys, 0, keys.length())
                || (end < text.length() && text.charAt(end) != '/')) {
            return null;
        }
        int nameStart = skipSlashes(text, end);
        if (nameStart == text.length()) {
            return KEYS;
        }
        int slash = text.indexOf('/', nameStart);
        int nameEnd = slash < 0 ? text.length() : slash;
        String name = text.substring(nameStart, nameEnd);
        return skipSlashes(text, nameEnd) == text.length() && validKeyName(name) ? key(name) : null;
    }

    private static int skipSlashes(String text, int from) {
        int i = from;
        while (i < text.length() && text.charAt(i) == '/') {
            i++;
        }
        return i;
    }

    private static boolean validKeyName(String name) {
        if (name.isEmpty() || name.length() > KEY_NAME_LENGTH_MAX) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
            if (!allowed) {
                return false;
            }
        }
        return true;
    }

    /** Whether what is granted here also holds there. */
    public boolean contains(Scope other) {
        return switch (level) {
            case HSM -> true;
            case KEYS -> other.level != Level.HSM;
            case KEY -> equals(other);
        };
    }

    /** The canonical text: {@code /}, {@code /keys} or {@code /keys/name} with the folded name. */
    public String text() {
        return switch (level) {
            case HSM -> "/";
            case KEYS -> "/keys";
            case KEY -> "/keys/" + keyName;
        };
    }

    @Override
    public String toString() {
        return text();
    }
}
