// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.refusal;

import dev.managedhsm.auth.token.RejectionReason;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * When somebody is called: so many refusals with one reason within a window. The refusal that fills the number raises the
 * alert, so it comes within the window, five minutes at most. Immutable.
 *
 * @param name what the alert is called
 * @param counts whose refusals are counted together
 * @param reasons the reasons that count, each by itself
 * @param at how many refusals raise the alert
 * @param within how far back they are counted
 */
public record AlertRule(String name, Counts counts, Set<RejectionReason> reasons, int at, Duration within) {
    /** Shortest and longest window. */
    public static final Duration WITHIN_MIN = Duration.ofMinutes(1);

    public static final Duration WITHIN_MAX = Duration.ofMinutes(5);

    /** Least and most refusals that raise an alert. */
    public static final int AT_MIN = 2;

    public static final int AT_MAX = 10_000;

    /** Most rules. */
    public static final int RULES_MAX = 16;

    /** The rules of an HSM that is given none; {@code config/alert-rules.yaml} holds the same. */
    public static final List<AlertRule> USUAL = List.of(
            new AlertRule("RepeatedRefusalsOfCaller", Counts.CALLER, all(), 10, WITHIN_MAX),
            new AlertRule("RepeatedRefusalsOfIssuer", Counts.ISSUER, all(), 100, WITHIN_MAX),
            new AlertRule(
                    "ForgedTokens",
                    Counts.CALLER,
                    EnumSet.of(
                            RejectionReason.UNSIGNED,
                            RejectionReason.FORBIDDEN_HEADER,
                            RejectionReason.ALGORITHM_NOT_ALLOWED,
                            RejectionReason.BAD_SIGNATURE),
                    3,
                    WITHIN_MAX));

    /** Whose refusals are counted together. */
    public enum Counts {
        /** Those of one address, about tokens of one issuer. */
        CALLER,
        /** Those about tokens of one issuer, whoever brought them. */
        ISSUER
    }

    /** Refuses numbers that call nobody, or too late. */
    public AlertRule {
        reasons = Set.copyOf(reasons);
        boolean inTime = within.compareTo(WITHIN_MIN) >= 0 && within.compareTo(WITHIN_MAX) <= 0;
        if (!inTime || at < AT_MIN || at > AT_MAX || reasons.isEmpty()) {
            throw new IllegalArgumentException(
                    "An alert on refused tokens needs a reason, a window of 1 to 5 minutes and 2 to 10000 refusals.");
        }
    }

    private static Set<RejectionReason> all() {
        return EnumSet.allOf(RejectionReason.class);
    }
}
