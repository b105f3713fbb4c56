// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

/**
 * What was found about one member of a refused token's header or claims. It holds no value of the token.
 *
 * @param name the member's name, one of those this package looks at; {@code signature} for the third part
 * @param present whether the token has it
 * @param verdict whether it is as it must be; said by anybody at all as long as the signature was not found good
 */
public record ClaimVerdict(String name, boolean present, Verdict verdict) {
    /** The three answers. */
    public enum Verdict {
        /** As it must be. */
        GOOD,
        /** Not as it must be. */
        BAD,
        /** Something before it had decided, or there is nothing to compare it with. */
        NOT_JUDGED
    }

    /** What it must be, as a class of values and without any configured value. */
    public String expected() {
        return switch (name) {
            case "typ" -> "absent, JWT or at+jwt";
            case "alg" -> "a signature algorithm that the issuer may use";
            case "kid" -> "the id of a key of the issuer that fits the algorithm";
            case "signature" -> "made with that key";
            case "iss" -> "a trusted issuer";
            case "tid" -> "the tenant of this HSM";
            case "aud" -> "an audience that stands for this HSM, or a list with one";
            case "oid" -> "a GUID";
            case "exp" -> "a whole number of seconds, later than now less the clock skew";
            case "nbf" -> "absent, or a whole number of seconds, not later than now and the clock skew";
            case "iat" -> "absent, or a whole number of seconds, not later than now and the clock skew";
            case "groups" -> "absent, or a list of at most " + ClaimRules.GROUPS_MAX + " texts";
            case "cnf" -> "absent, or the SHA-256 of the connection's client certificate";
            default -> "";
        };
    }
}
