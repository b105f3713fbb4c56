// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.principal;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Reads GUIDs as directories and clients write them. Upper and lower case mean the same GUID, so text is read into its
 * 128 bits once, at the edge, and never compared as text again.
 *
 * <p>Stricter than {@link UUID#fromString}, which also takes groups that are too short.
 */
public final class Guid {
    private static final int LENGTH = 36;

    private Guid() {}

    /**
     * Reads 8-4-4-4-12 hexadecimal digits with hyphens and nothing around them.
     *
     * @return the GUID, or null when the text is none
     */
    public static @Nullable UUID parse(@Nullable String text) {
        if (text == null || text.length() != LENGTH) {
            return null;
        }
        long high = 0;
        long low = 0;
        int digits = 0;
        for (int i = 0; i < LENGTH; i++) {
            char c = text.charAt(i);
            if (i == 8 || i == 13 || i == 18 || i == 23) {
                if (c != '-') {
                    return null;
                }
                continue;
            }
            int value = digit(c);
            if (value < 0) {
                return null;
            }
            if (digits++ < 16) {
                high = high << 4 | value;
            } else {
                low = low << 4 | value;
            }
        }
        return new UUID(high, low);
    }

    /** ASCII digits only; {@link Character#digit} would take the digits of every script. */
    private static int digit(char c) {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        char lower = (char) (c | 0x20);
        return lower >= 'a' && lower <= 'f' && c < 0x80 ? lower - 'a' + 10 : -1;
    }
}
