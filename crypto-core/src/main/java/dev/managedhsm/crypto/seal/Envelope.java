// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

import java.util.Arrays;

/**
 * The five parts of a compact JWE (RFC 7516 section 7.1) whose content is encrypted as RFC 7518 section 5.2.5 says. What
 * the header says in JSON is not looked at here.
 *
 * @param header the header as its base64url text, ASCII: what the content is bound to
 * @param wrappedKey the content key, encrypted to somebody; empty where both sides have it
 * @param iv the vector
 * @param ciphertext the content, encrypted
 * @param tag the authentication tag
 */
@SuppressWarnings("ArrayRecordComponent") // compared by content below; nobody writes to the arrays
public record Envelope(byte[] header, byte[] wrappedKey, byte[] iv, byte[] ciphertext, byte[] tag) {
    @Override
    public boolean equals(Object other) {
        return other instanceof Envelope that
                && Arrays.equals(header, that.header)
                && Arrays.equals(wrappedKey, that.wrappedKey)
                && Arrays.equals(iv, that.iv)
                && Arrays.equals(ciphertext, that.ciphertext)
                && Arrays.equals(tag, that.tag);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(tag);
    }

    /** How long it is, and nothing of what it is. */
    @Override
    public String toString() {
        return "envelope of " + ciphertext.length + " bytes";
    }
}
