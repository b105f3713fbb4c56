// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

/**
 * One row of the table of bad tokens.
 *
 * @param attack what is wrong with it
 * @param token its text
 * @param reason the reason it must be refused for
 * @param member the member that must be named, or empty
 */
record BadToken(String attack, String token, RejectionReason reason, String member) {
    BadToken(String attack, String token, RejectionReason reason) {
        this(attack, token, reason, "");
    }

    @Override
    public String toString() {
        return attack;
    }
}
