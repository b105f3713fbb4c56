// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.key;

import java.util.HexFormat;

/**
 * One immutable generation of a key: 32 lower-case hexadecimal characters, made by the HSM.
 *
 * @param text the 32 characters
 */
public record KeyVersion(String text) {
    /** Length of a version's text, in characters. */
    public static final int LENGTH = 32;

    /** Refuses text that is no key version; ask {@link #valid(String)} first when the text comes from a caller. */
    public KeyVersion {
        if (!valid(text)) {
            throw new IllegalArgumentException("not a key version");
        }
        text = text.toLowerCase(java.util.Locale.ROOT);
    }

    /** The version made of these 16 bytes. */
    public static KeyVersion of(byte[] bytes16) {
        return new KeyVersion(HexFormat.of().formatHex(bytes16));
    }

    /** Whether the text is a key version, in either case of letters. */
    public static boolean valid(String text) {
        if (text.length() != LENGTH) {
            return false;
        }
        for (int i = 0; i < LENGTH; i++) {
            if (!HexFormat.isHexDigit(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return text;
    }
}
