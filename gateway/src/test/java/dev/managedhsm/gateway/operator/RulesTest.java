// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The rules that call somebody: Prometheus takes them, each has its unit tests, and each leads to a page that is there. */
class RulesTest {
    private static final Tool PROMTOOL = new Tool("promtool");
    private static final String PAGES = "file:///opt/managed-hsm/config/";

    @Test
    void prometheusTakesTheExample() throws Exception {
        Tool.Ended ended = PROMTOOL.orSkip().run("check", "config", "--lint-fatal", "prometheus/prometheus.yml");

        assertEquals(0, ended.status(), ended.output());
        int rules = Rules.alerts().size() + Rules.recordings().size();
        assertTrue(rules > 50, "rules are read");
    }

    @Test
    @Tag("slow")
    void rulesDoWhatTheirTestsSay() throws Exception {
        List<String> words = new ArrayList<>(List.of("test", "rules"));
        words.addAll(Rules.tests());

        Tool.Ended ended = PROMTOOL.orSkip().run(words);

        assertEquals(0, ended.status(), ended.output());
    }

    @Test
    void everyAlertIsSeenToFireAndSeenToBeSilent() throws IOException {
        StringBuilder tests = new StringBuilder();
        for (String file : Rules.tests()) {
            tests.append(Files.readString(Tool.CONFIG.resolve(file)));
        }
        for (Rules.Rule rule : Rules.alerts()) {
            String cases = "alertname: " + rule.alert() + "\n";
            List<String> found = List.of(tests.toString().split("(?=- alertname: )")).stream()
                    .filter(one -> one.contains(cases))
                    .toList();
            assertTrue(found.stream().anyMatch(one -> one.contains("exp_labels")), rule.alert() + " fires in no test");
            assertTrue(
                    found.stream().anyMatch(one -> one.contains("exp_alerts: []")),
                    rule.alert() + " is silent in no test");
        }
    }

    @Test
    void everyAlertHasAPageAndAKnownSeverity() throws IOException {
        for (Rules.Rule rule : Rules.alerts()) {
            assertTrue(rule.runbook().startsWith(PAGES + "runbooks/"), rule.alert() + ": " + rule.runbook());
            assertTrue(
                    Files.exists(Tool.CONFIG.resolve(rule.runbook().substring(PAGES.length()))),
                    rule.alert() + " leads to no page: " + rule.runbook());
            assertTrue(Set.of("page", "ticket").contains(rule.severity()), rule.alert() + ": " + rule.severity());
        }
    }

    @Test
    void noTwoRulesHaveOneName() throws IOException {
        List<String> names = new ArrayList<>();
        Rules.alerts().forEach(rule -> names.add(rule.alert()));
        Rules.recordings().forEach(rule -> names.add(rule.record()));

        assertEquals(new TreeSet<>(names).size(), names.size(), names.toString());
    }

    @Test
    void rulesUseOnlyWhatIsRecorded() throws IOException {
        TreeSet<String> recorded = new TreeSet<>();
        Rules.recordings().forEach(rule -> recorded.add(rule.record()));
        TreeSet<String> used = new TreeSet<>();
        Rules.alerts().forEach(rule -> used.addAll(Expressions.recorded(rule.expression())));

        used.removeAll(recorded);
        assertEquals(Set.of(), used);
    }
}
