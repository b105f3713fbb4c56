// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.token.RejectionReason;
import dev.managedhsm.gateway.fixture.ServeFolder;
import dev.managedhsm.gateway.refusal.AlertRule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AlertRulesFileTest {
    private static final String RULES = """
            rules:
              - name: TooLate
                counts: caller
                reasons: [expired, not_yet_valid]
                at: 5
                within: 90s
              - name: Any
                counts: issuer
                at: 20
                within: 2m
            """;

    @TempDir
    private Path folder;

    private ConfigFile configured(String rules) throws Exception {
        ServeFolder serve = new ServeFolder(folder);
        serve.writeUnreadSecrets();
        Files.writeString(serve.at("rules.yaml"), rules);
        serve.append("refused_tokens:\n  alert_rules: rules.yaml\n");
        return ConfigFile.read(serve.config(), Map.of(), Instant.now());
    }

    /** Whoever copies the shipped file begins with what held before. */
    @Test
    void theShippedFileHoldsTheUsualRules() {
        Faults faults = new Faults();

        assertEquals(AlertRule.USUAL, AlertRulesFile.read(Path.of("..", "config", "alert-rules.yaml"), faults));
        assertEquals(List.of(), faults.all());
    }

    @Test
    void readsRulesOfOnesOwn() throws Exception {
        ConfigFile read = configured(RULES);

        assertNotNull(read.config(), read.faults().toString());
        assertEquals(
                List.of(
                        new AlertRule(
                                "TooLate",
                                AlertRule.Counts.CALLER,
                                Set.of(RejectionReason.EXPIRED, RejectionReason.NOT_YET_VALID),
                                5,
                                Duration.ofSeconds(90)),
                        new AlertRule(
                                "Any",
                                AlertRule.Counts.ISSUER,
                                Set.of(RejectionReason.values()),
                                20,
                                Duration.ofMinutes(2))),
                read.config().gateway().refusals().rules());
    }

    @Test
    void takesAFileWithoutRulesAtItsWord() throws Exception {
        ConfigFile read = configured("rules: []\n");

        assertNotNull(read.config(), read.faults().toString());
        assertEquals(List.of(), read.config().gateway().refusals().rules());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            name: Any          | name: TooLate          | rules.yaml:7: rules[1].name: another rule is called so too
            name: Any          | name: an alert         | rules.yaml:7: rules[1].name: "an alert" is not a name
            counts: issuer     | counts: everybody      | rules.yaml:8: rules[1].counts: "everybody" is none of
            counts: issuer     | count: issuer          | rules.yaml:8: rules[1].count: is not known
            at: 20             | at: 1                  | rules.yaml:9: rules[1].at: "1" is not a number from 2 to 10000
            within: 2m         | within: 6m             | rules.yaml:10: rules[1].within: "6m" is not between 1m and 5m
            within: 2m         | within: 59s            | rules.yaml:10: rules[1].within: "59s" is not between
            [expired, not_yet_valid] | [late]           | rules.yaml:4: rules[0].reasons[0]: "late" is none of missing
            [expired, not_yet_valid] | []               | rules.yaml:4: rules[0].reasons: names none
            rules:             | rule:                  | rules.yaml:1: rule: is not known; known here: rules
            rules:             | rules                  | rules.yaml:
            """)
    void saysWhatIsWrongWithARule(String from, String to, String words) throws Exception {
        ConfigFile read = configured(RULES.replace(from, to));

        assertNull(read.config());
        Fault fault = read.faults().getFirst();
        assertEquals("refused_tokens.alert_rules", fault.key());
        assertTrue(
                read.faults().stream().anyMatch(one -> one.reason().contains(words)),
                read.faults().toString());
    }

    @Test
    void saysThatTheFileIsNotThere() throws Exception {
        ServeFolder serve = new ServeFolder(folder);
        serve.append("refused_tokens:\n  alert_rules: none.yaml\n");

        ConfigFile read = ConfigFile.readForInit(serve.config(), Map.of(), Instant.now());

        assertEquals(
                List.of("refused_tokens.alert_rules"),
                read.faults().stream().map(Fault::key).toList(),
                read.faults().toString());
        assertTrue(read.faults().getFirst().reason().endsWith("none.yaml is not there"));
    }
}
