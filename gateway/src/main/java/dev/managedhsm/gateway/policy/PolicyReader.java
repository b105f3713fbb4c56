// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.policy;

import dev.managedhsm.gateway.policy.Policy.Authority;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Turns the JSON of a policy into conditions; counts what it meets. For one policy. */
final class PolicyReader {
    private static final String VERSION = "1.0.0";
    private static final String ALL_OF = "allOf";
    private static final String ANY_OF = "anyOf";
    private static final String AUTHORITY = "authority";
    private static final String CLAIM = "claim";

    private int claims;

    List<Authority> authorities(Map<?, ?> policy) throws PolicyRefused {
        if (!policy.keySet().equals(Set.of("version", ANY_OF))) {
            throw new PolicyRefused("Release policy has members other than exactly 'version' and 'anyOf'");
        }
        if (!VERSION.equals(policy.get("version"))) {
            throw new PolicyRefused("Release policy has a version other than '" + VERSION + "'");
        }
        List<Authority> authorities = new ArrayList<>();
        for (Map<?, ?> authority : objects(policy.get(ANY_OF))) {
            authorities.add(authority(authority));
        }
        if (authorities.size() > PolicyLimits.AUTHORITIES_MAX) {
            throw new PolicyRefused("Release policy names more than " + PolicyLimits.AUTHORITIES_MAX + " authorities");
        }
        return List.copyOf(authorities);
    }

    private Authority authority(Map<?, ?> authority) throws PolicyRefused {
        if (!(authority.get(AUTHORITY) instanceof String issuer) || !isIssuer(issuer)) {
            throw new PolicyRefused("Release policy has an authority that is not an absolute https URL");
        }
        return new Authority(issuer, group(authority, AUTHORITY, 1));
    }

    /** An issuer's URL has neither query nor fragment (OpenID Connect Discovery 1.0 section 3). */
    private static boolean isIssuer(String text) {
        if (text.length() > PolicyLimits.AUTHORITY_LENGTH_MAX) {
            return false;
        }
        try {
            URI uri = new URI(text);
            return "https".equals(uri.getScheme())
                    && uri.getHost() != null
                    && uri.getRawUserInfo() == null
                    && uri.getRawQuery() == null
                    && uri.getRawFragment() == null;
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private Condition condition(Map<?, ?> condition, int depth) throws PolicyRefused {
        return condition.containsKey(CLAIM) ? claim(condition) : group(condition, "", depth);
    }

    /** @param besides the one member that may stand beside the group; empty for none */
    private Condition group(Map<?, ?> object, String besides, int depth) throws PolicyRefused {
        boolean all = object.containsKey(ALL_OF);
        String name = all ? ALL_OF : ANY_OF;
        boolean exactlyOne = object.containsKey(name) && object.size() == (besides.isEmpty() ? 1 : 2);
        if (!exactlyOne) {
            throw new PolicyRefused("Release policy has members other than exactly one of 'allOf' and 'anyOf'"
                    + (besides.isEmpty() ? "" : " beside '" + besides + "'"));
        }
        if (depth > PolicyLimits.DEPTH_MAX) {
            throw new PolicyRefused("Release policy nests conditions deeper than " + PolicyLimits.DEPTH_MAX);
        }
        List<Condition> conditions = new ArrayList<>();
        for (Map<?, ?> condition : objects(object.get(name))) {
            conditions.add(condition(condition, depth + 1));
        }
        return all ? new Condition.All(List.copyOf(conditions)) : new Condition.Any(List.copyOf(conditions));
    }

    private Condition claim(Map<?, ?> condition) throws PolicyRefused {
        if (++claims > PolicyLimits.CLAIMS_MAX) {
            throw new PolicyRefused("Release policy asks for more than " + PolicyLimits.CLAIMS_MAX + " claims");
        }
        if (!(condition.get(CLAIM) instanceof String name) || !isClaimName(name)) {
            throw new PolicyRefused("Release policy has a claim without a usable name");
        }
        if (condition.size() == 2) {
            for (Map.Entry<?, ?> member : condition.entrySet()) {
                Operator operator = Operator.parse((String) member.getKey());
                if (operator != null && operator.takes(member.getValue())) {
                    return new Condition.Claim(name, operator, member.getValue());
                }
            }
        }
        throw new PolicyRefused("Release policy has a claim without exactly one operator and a value it can compare");
    }

    private static boolean isClaimName(String name) {
        return name.length() <= PolicyLimits.CLAIM_NAME_LENGTH_MAX
                && !name.isEmpty()
                && !name.startsWith(".")
                && !name.endsWith(".")
                && !name.contains("..");
    }

    /** A list of objects, not empty: of nothing, everything would be true. */
    private static List<Map<?, ?>> objects(@Nullable Object value) throws PolicyRefused {
        List<Map<?, ?>> objects = new ArrayList<>();
        if (value instanceof List<?> list) {
            for (Object element : list) {
                if (!(element instanceof Map<?, ?> object)) {
                    throw new PolicyRefused("Release policy has a list with something else than objects");
                }
                objects.add(object);
            }
        }
        if (objects.isEmpty()) {
            throw new PolicyRefused("Release policy has an empty list, or none, where conditions are expected");
        }
        return objects;
    }
}
