// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.role;

import java.util.List;
import java.util.Locale;

/**
 * Data actions as a role definition lists them: whole texts, or texts in which each {@code *} stands for any run of
 * characters, slashes included, as Azure's role definitions read it. Nothing else has a special meaning.
 */
final class DataActionPattern {
    private DataActionPattern() {}

    /** The bits of every data action that one of the patterns means. A text that names no known action means none. */
    static long bits(List<String> patterns) {
        long bits = 0;
        for (String pattern : patterns) {
            bits |= bits(pattern);
        }
        return bits;
    }

    private static long bits(String pattern) {
        if (pattern.indexOf('*') < 0) {
            DataAction action = DataAction.parse(pattern);
            return action == null ? 0 : action.bit();
        }
        String folded = pattern.toLowerCase(Locale.ROOT);
        long bits = 0;
        for (DataAction action : DataAction.values()) {
            if (matches(folded, action.text().toLowerCase(Locale.ROOT))) {
                bits |= action.bit();
            }
        }
        return bits;
    }

    /**
     * Greedy match with one step of memory: on a mismatch the latest star takes one character more. Never worse than
     * pattern length times text length, whatever the pattern (a role definition is a caller's text).
     */
    private static boolean matches(String pattern, String text) {
        int p = 0;
        int t = 0;
        int star = -1;
        int resume = 0;
        while (t < text.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                resume = t;
            } else if (p < pattern.length() && pattern.charAt(p) == text.charAt(t)) {
                p++;
                t++;
            } else if (star >= 0) {
                p = star + 1;
                t = ++resume;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }
}
