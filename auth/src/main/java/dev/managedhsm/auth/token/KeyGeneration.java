// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

/**
 * Which replacement of an issuer's keys is in use. Shared by the verifier, which writes it, and by every token it
 * verified, so that a token verified with older keys stops being usable wherever it is kept.
 */
final class KeyGeneration {
    private volatile long current;

    KeyGeneration(long current) {
        this.current = current;
    }

    long current() {
        return current;
    }

    void use(long next) {
        current = next;
    }
}
