// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.policy;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * How a claim is compared with the value in the policy.
 *
 * <p>A claim that is missing or of a kind that cannot be compared meets nothing, {@code notEquals} included: an environment
 * must say what it is before it is given a key. Only {@code exists} with {@code false} is met by a missing claim. Order is
 * defined for numbers only.
 */
enum Operator {
    EQUALS("equals"),
    NOT_EQUALS("notEquals"),
    LESS("less"),
    LESS_OR_EQUALS("lessOrEquals"),
    GREATER("greater"),
    GREATER_OR_EQUALS("greaterOrEquals"),
    EXISTS("exists");

    private final String word;

    Operator(String word) {
        this.word = word;
    }

    /** The operator of this name, or null. */
    static @Nullable Operator parse(String word) {
        for (Operator operator : values()) {
            if (operator.word.equals(word)) {
                return operator;
            }
        }
        return null;
    }

    /** Whether a policy may give this value to the operator. */
    boolean takes(Object value) {
        return switch (this) {
            case EQUALS, NOT_EQUALS ->
                value instanceof String || value instanceof BigDecimal || value instanceof Boolean;
            case LESS, LESS_OR_EQUALS, GREATER, GREATER_OR_EQUALS -> value instanceof BigDecimal;
            case EXISTS -> value instanceof Boolean;
        };
    }

    /**
     * Whether a claim meets it.
     *
     * @param claim the claim's value, or null where there is none
     * @param value what the policy gives, one that {@link #takes} accepts
     */
    boolean met(@Nullable Object claim, Object value) {
        return switch (this) {
            case EXISTS -> (claim != null) == (Boolean) value;
            case EQUALS -> claim != null && comparable(claim, value) && equal(claim, value);
            case NOT_EQUALS -> claim != null && comparable(claim, value) && !equal(claim, value);
            case LESS -> claim instanceof BigDecimal number && number.compareTo((BigDecimal) value) < 0;
            case LESS_OR_EQUALS -> claim instanceof BigDecimal number && number.compareTo((BigDecimal) value) <= 0;
            case GREATER -> claim instanceof BigDecimal number && number.compareTo((BigDecimal) value) > 0;
            case GREATER_OR_EQUALS -> claim instanceof BigDecimal number && number.compareTo((BigDecimal) value) >= 0;
        };
    }

    /** Text goes with text, number with number; true and false go with each other and with their names as text. */
    private static boolean comparable(Object claim, Object value) {
        boolean numbers = claim instanceof BigDecimal && value instanceof BigDecimal;
        boolean texts = claim instanceof String && value instanceof String;
        return numbers || texts || (flag(claim) && flag(value));
    }

    private static boolean flag(Object value) {
        return value instanceof Boolean || "true".equals(value) || "false".equals(value);
    }

    private static boolean equal(Object claim, Object value) {
        if (claim instanceof BigDecimal one && value instanceof BigDecimal other) {
            return one.compareTo(other) == 0;
        }
        return claim.toString().equals(value.toString());
    }
}
