// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.policy;

import java.util.List;

/** What a policy asks of a token's claims. Immutable. */
sealed interface Condition {
    /** Whether these claims meet it. */
    boolean met(Claims claims);

    /** Every one of these, at least one. */
    record All(List<Condition> conditions) implements Condition {
        @Override
        public boolean met(Claims claims) {
            return conditions.stream().allMatch(condition -> condition.met(claims));
        }
    }

    /** One of these, at least one. */
    record Any(List<Condition> conditions) implements Condition {
        @Override
        public boolean met(Claims claims) {
            return conditions.stream().anyMatch(condition -> condition.met(claims));
        }
    }

    /**
     * One claim.
     *
     * @param name with dots between nested names
     * @param value one that the operator takes
     */
    record Claim(String name, Operator operator, Object value) implements Condition {
        @Override
        public boolean met(Claims claims) {
            return operator.met(claims.at(name), value);
        }
    }
}
