// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

/**
 * Until when one key of an issuer is believed. Shared by the issuer's keys, which write it, and by every token the key
 * verified, so that such a token stops being usable wherever it is kept when its key does.
 */
final class KeyLife {
    private volatile long untilSeconds;

    KeyLife(long untilSeconds) {
        this.untilSeconds = untilSeconds;
    }

    /** The first second, since 1970, at which the key is not believed any more. */
    long untilSeconds() {
        return untilSeconds;
    }

    void endAt(long seconds) {
        untilSeconds = seconds;
    }
}
