// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Base64url without padding in its one canonical form (RFC 4648 sections 3.5 and 5, RFC 7515 section 2). The JDK's
 * decoder also takes padding and stray bits in the last character, so one token would have many texts; here it has one.
 */
final class Base64Url {
    private Base64Url() {}

    /** The bytes, or null when the text is not canonical. */
    static byte @Nullable [] decode(String text) {
        int length = text.length();
        int tail = length % 4;
        if (tail == 1) {
            return null;
        }
        for (int i = 0; i < length; i++) {
            if (value(text.charAt(i)) < 0) {
                return null;
            }
        }
        if (tail != 0) {
            int unusedBits = tail == 2 ? 0b1111 : 0b11;
            if ((value(text.charAt(length - 1)) & unusedBits) != 0) {
                return null;
            }
        }
        return Base64.getUrlDecoder().decode(text);
    }

    private static int value(char c) {
        if (c >= 'A' && c <= 'Z') {
            return c - 'A';
        }
        if (c >= 'a' && c <= 'z') {
            return c - 'a' + 26;
        }
        if (c >= '0' && c <= '9') {
            return c - '0' + 52;
        }
        return c == '-' ? 62 : c == '_' ? 63 : -1;
    }
}
