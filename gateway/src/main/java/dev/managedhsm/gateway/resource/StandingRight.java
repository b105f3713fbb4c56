// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.auth.decision.Authoriser;
import dev.managedhsm.auth.decision.Decision;
import dev.managedhsm.auth.decision.Denial;
import dev.managedhsm.auth.role.DataAction;
import dev.managedhsm.auth.role.RoleSnapshot;
import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.auth.token.VerifiedToken;
import dev.managedhsm.gateway.wire.WireError;
import org.jspecify.annotations.Nullable;

/**
 * A right that somebody was given, to be asked for again where a request waits for something: for a worker, for its turn
 * among changes, for a long body, for another server. So what was taken back meanwhile opens nothing any more. Made before
 * the right is asked for the first time; any thread may ask again, which costs one read while no role has changed.
 */
final class StandingRight {
    private final Authoriser authoriser;
    private final VerifiedToken token;
    private final DataAction action;
    private final @Nullable Scope scope;
    private final String keyName;
    private final RoleSnapshot since;

    private StandingRight(
            Authoriser authoriser, VerifiedToken token, DataAction action, @Nullable Scope scope, String keyName) {
        this.authoriser = authoriser;
        this.token = token;
        this.action = action;
        this.scope = scope;
        this.keyName = keyName;
        this.since = authoriser.snapshot();
    }

    /** The right to do this at a scope. */
    static StandingRight at(Authoriser authoriser, VerifiedToken token, DataAction action, Scope scope) {
        return new StandingRight(authoriser, token, action, scope, "");
    }

    /** The right to do this on a key: a valid name, in any case. */
    static StandingRight onKey(Authoriser authoriser, VerifiedToken token, DataAction action, String keyName) {
        return new StandingRight(authoriser, token, action, null, keyName);
    }

    /** The refusal for whoever does not have it any more, or null while it stands. */
    @Nullable
    WireError lapsed() {
        if (authoriser.snapshot() == since) {
            return null;
        }
        Decision decision = scope == null
                ? authoriser.decideOnKey(token.principal(), action, keyName)
                : authoriser.decide(token.principal(), action, scope);
        return decision instanceof Denial denial ? refusal(denial, token) : null;
    }

    /** What a caller is told who has no such right. */
    static WireError refusal(Denial denial, VerifiedToken token) {
        return WireError.accessDenied(denial.action().text(), denial.scope().text(), token.groupsOmitted());
    }
}
