// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import dev.managedhsm.auth.token.RejectionReason;
import dev.managedhsm.gateway.refusal.AlertRule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.nodes.Node;

/** Reads a file of alert rules, such as {@code config/alert-rules.yaml}. One thread. */
final class AlertRulesFile {
    private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_]{0,63}");

    private AlertRulesFile() {}

    /** The rules, in their order; none, or not all, where the faults say why. */
    static List<AlertRule> read(Path file, Faults faults) {
        Node node = YamlFile.read(file, faults);
        if (node == null) {
            return List.of();
        }
        Section root = new Section(node, "", 1, faults);
        Values values = new Values(file, faults); // no value of it is a path
        List<AlertRule> rules = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Section section : root.sections("rules")) {
            AlertRule rule = rule(section, values);
            if (!names.add(rule.name())) {
                section.fault("name", "another rule is called so too");
            }
            rules.add(rule);
        }
        if (rules.size() > AlertRule.RULES_MAX) {
            root.fault("rules", "are more than " + AlertRule.RULES_MAX);
        }
        root.end();
        return faults.none() ? rules : List.of();
    }

    private static AlertRule rule(Section section, Values values) {
        String name = values.text(section.required("name"), NAME, "a name of letters, digits and underscores");
        AlertRule.Counts counts =
                values.choice(section.required("counts"), AlertRule.Counts.values(), AlertRule.Counts.CALLER);
        Set<RejectionReason> reasons = EnumSet.noneOf(RejectionReason.class);
        for (Item item : section.items("reasons")) {
            reasons.add(values.choice(item, RejectionReason.values(), RejectionReason.MISSING));
        }
        if (!section.has("reasons")) {
            reasons = EnumSet.allOf(RejectionReason.class);
        } else if (reasons.isEmpty()) {
            section.fault("reasons", "names none: leave it out if all are meant");
            reasons = EnumSet.allOf(RejectionReason.class);
        }
        int at = values.number(section.required("at"), AlertRule.AT_MIN, AlertRule.AT_MAX, AlertRule.AT_MIN);
        var within = values.duration(
                section.required("within"), AlertRule.WITHIN_MIN, AlertRule.WITHIN_MAX, AlertRule.WITHIN_MAX);
        section.end();
        return new AlertRule(name, counts, reasons, at, within);
    }
}
