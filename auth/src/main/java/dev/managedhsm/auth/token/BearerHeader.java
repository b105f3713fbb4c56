// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import org.jspecify.annotations.Nullable;

/** Reads the {@code Authorization} header of a bearer token (RFC 6750 section 2.1, RFC 9110 section 11.4). */
public final class BearerHeader {
    private static final String SCHEME = "bearer";

    private BearerHeader() {}

    /**
     * The token of a header value: the scheme in any case, spaces, and exactly one token68. Any thread may call it.
     *
     * @return the token's text, or null when the header is anything else
     */
    public static @Nullable String token(String headerValue) {
        int length = headerValue.length();
        int start = SCHEME.length();
        if (!headerValue.regionMatches(true, 0, SCHEME, 0, start)) {
            return null;
        }
        while (start < length && headerValue.charAt(start) == ' ') {
            start++;
        }
        if (start == SCHEME.length() || start == length || headerValue.charAt(start) == '=') {
            return null;
        }
        int i = start;
        while (i < length && token68(headerValue.charAt(i))) {
            i++;
        }
        while (i < length && headerValue.charAt(i) == '=') {
            i++;
        }
        return i == length ? headerValue.substring(start) : null;
    }

    private static boolean token68(char c) {
        return (c >= 'A' && c <= 'Z')
                || (c >= 'a' && c <= 'z')
                || (c >= '0' && c <= '9')
                || c == '-'
                || c == '.'
                || c == '_'
                || c == '~'
                || c == '+'
                || c == '/';
    }
}
