// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.key;

/**
 * What may change about a key version, and when it was made. All times are Unix seconds, UTC.
 *
 * @param enabled whether the version may be used at all
 * @param notBefore first second of use, or {@link #NONE}
 * @param expires first second after use, or {@link #NONE}
 * @param created when the version was made
 * @param updated when the version was last changed
 */
public record KeyAttributes(boolean enabled, long notBefore, long expires, long created, long updated) {
    /** Stands for a time that was not given. */
    public static final long NONE = Long.MIN_VALUE;

    /** Whether {@code nowSeconds} lies in the version's period of use. */
    public boolean inPeriod(long nowSeconds) {
        return (notBefore == NONE || nowSeconds >= notBefore) && (expires == NONE || nowSeconds < expires);
    }
}
