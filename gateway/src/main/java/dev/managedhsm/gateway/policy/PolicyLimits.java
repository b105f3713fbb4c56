// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.policy;

import dev.managedhsm.crypto.key.ReleasePolicy;

/** Every number that bounds a release policy, with the relations between them checked when the class is loaded. */
public final class PolicyLimits {
    /** Longest canonical form of a policy, in characters. */
    public static final int CANONICAL_LENGTH_MAX = ReleasePolicy.LENGTH_MAX;

    /** Longest policy as it is sent, white space included, in bytes. */
    public static final int TEXT_LENGTH_MAX = 2 * CANONICAL_LENGTH_MAX;

    /** How many authorities one policy may name. */
    static final int AUTHORITIES_MAX = 20;

    /** How many claims one policy may ask for. */
    static final int CLAIMS_MAX = 200;

    /** How deep conditions may lie in each other, those of the authority being the first level. */
    static final int DEPTH_MAX = 8;

    /** Longest authority, in characters. */
    static final int AUTHORITY_LENGTH_MAX = 512;

    /** Longest claim name, dots included, in characters. */
    static final int CLAIM_NAME_LENGTH_MAX = 256;

    /** Objects and arrays in each other in any JSON that is read here. */
    static final int NESTING_MAX = 32;

    /** Digits, sign, point and exponent of one number in any JSON that is read here, in characters. */
    static final int NUMBER_LENGTH_MAX = 40;

    static {
        // A level of conditions is an object in an array; the policy, its list and the authority come before.
        if (2 * DEPTH_MAX + 3 > NESTING_MAX || CANONICAL_LENGTH_MAX > TEXT_LENGTH_MAX) {
            throw new IllegalStateException("the deepest and the longest policy must be readable");
        }
    }

    private PolicyLimits() {}
}
