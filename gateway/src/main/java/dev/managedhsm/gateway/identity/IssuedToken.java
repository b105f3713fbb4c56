// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.identity;

import java.time.Instant;

/**
 * An access token with the stretch of time in which it is good. The text opens doors: it is never printed.
 *
 * @param text the token, a JWS in compact form
 * @param notBefore when it starts, whole seconds
 * @param expiresOn when it ends, whole seconds
 */
public record IssuedToken(String text, Instant notBefore, Instant expiresOn) {
    @Override
    public String toString() {
        return "IssuedToken[until " + expiresOn + "]";
    }
}
