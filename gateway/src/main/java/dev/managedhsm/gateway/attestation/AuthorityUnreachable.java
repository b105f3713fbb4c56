// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.attestation;

/** An authority's keys cannot be had, or not be used. The message is for the log: why, in a few words. */
final class AuthorityUnreachable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    AuthorityUnreachable(String why) {
        super(why, null, false, false);
    }
}
