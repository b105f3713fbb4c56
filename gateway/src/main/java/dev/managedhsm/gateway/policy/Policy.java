// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.policy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * A release policy that is understood: which authorities are believed, and what each must say. Immutable; any thread.
 *
 * <pre>
 *   policy    := { "version": "1.0.0", "anyOf": [ authority, … ] }
 *   authority := { "authority": issuer URL, "allOf" or "anyOf": [ condition, … ] }
 *   condition := { "claim": name, operator: value } or { "allOf" or "anyOf": [ condition, … ] }
 * </pre>
 */
public final class Policy {
    private final String json;
    private final List<Authority> authorities;

    /** One authority, and what a token of it must say. */
    record Authority(String issuer, Condition condition) {}

    private Policy(String json, List<Authority> authorities) {
        this.json = json;
        this.authorities = authorities;
    }

    /**
     * Parses a policy.
     *
     * @param utf8 JSON as somebody wrote it
     * @throws PolicyRefused saying what is not acceptable
     */
    public static Policy read(byte[] utf8) throws PolicyRefused {
        if (utf8.length > PolicyLimits.TEXT_LENGTH_MAX) {
            throw new PolicyRefused("Release policy is longer than " + PolicyLimits.TEXT_LENGTH_MAX + " bytes");
        }
        Map<String, Object> values = StrictJson.read(utf8);
        if (values == null) {
            throw new PolicyRefused("Release policy is not a well-formed JSON object");
        }
        List<Authority> authorities = new PolicyReader().authorities(values);
        String json = StrictJson.write(values);
        byte[] canonical = json.getBytes(StandardCharsets.UTF_8);
        if (!json.equals(new String(canonical, StandardCharsets.UTF_8))) {
            throw new PolicyRefused("Release policy holds half of a character");
        }
        if (canonical.length > PolicyLimits.TEXT_LENGTH_MAX) {
            throw new PolicyRefused("Release policy is longer than " + PolicyLimits.TEXT_LENGTH_MAX + " bytes");
        }
        if (json.length() > PolicyLimits.CANONICAL_LENGTH_MAX) {
            throw new PolicyRefused(
                    "Release policy is longer than " + PolicyLimits.CANONICAL_LENGTH_MAX + " characters");
        }
        return new Policy(json, authorities);
    }

    /**
     * The policy of a key.
     *
     * @param json its canonical form
     * @throws IllegalStateException if it is none: then it was never accepted here
     */
    public static Policy ofCanonical(String json) {
        try {
            return read(json.getBytes(StandardCharsets.UTF_8));
        } catch (PolicyRefused e) {
            throw new IllegalStateException("a key has a release policy that was never accepted", e);
        }
    }

    /** The canonical form: members sorted, no white space. */
    public String json() {
        return json;
    }

    /** Whether the policy believes this issuer, in exactly this spelling. */
    public boolean names(String issuer) {
        return authorities.stream().anyMatch(authority -> authority.issuer.equals(issuer));
    }

    /**
     * Whether a token meets the policy.
     *
     * @param issuer who made the token, proven by its signature
     * @param claims what the token says
     */
    public boolean met(String issuer, Claims claims) {
        return authorities.stream()
                .anyMatch(authority -> authority.issuer.equals(issuer) && authority.condition.met(claims));
    }
}
