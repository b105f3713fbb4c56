// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.operator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The rules for Prometheus, as they are in {@code config/prometheus}. */
final class Rules {
    private static final Path FOLDER = Tool.CONFIG.resolve("prometheus");

    private Rules() {}

    /**
     * A rule.
     *
     * @param alert what the alert is called; empty for a recording rule
     * @param record what is recorded; empty for an alert
     * @param expression what is asked
     * @param severity page or ticket; empty for a recording rule
     * @param runbook where the page is; empty for a recording rule
     */
    record Rule(String alert, String record, String expression, String severity, String runbook) {}

    /** Rules that call somebody. */
    static List<Rule> alerts() throws IOException {
        return read("alerts.yml");
    }

    /** Rules that count once what is often shown. */
    static List<Rule> recordings() throws IOException {
        return read("recording.yml");
    }

    /** The names of files with unit tests, relative to {@code config}. */
    static List<String> tests() throws IOException {
        try (var files = Files.list(FOLDER.resolve("tests"))) {
            return files.map(file -> Tool.CONFIG.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    private static List<Rule> read(String name) throws IOException {
        List<Rule> rules = new ArrayList<>();
        for (Object group : list(map(yaml(FOLDER.resolve(name))).get("groups"))) {
            for (Object rule : list(map(group).get("rules"))) {
                Map<?, ?> one = map(rule);
                rules.add(new Rule(
                        text(one, "alert"),
                        text(one, "record"),
                        text(one, "expr"),
                        text(map(one.containsKey("labels") ? one.get("labels") : Map.of()), "severity"),
                        text(map(one.containsKey("annotations") ? one.get("annotations") : Map.of()), "runbook_url")));
            }
        }
        return rules;
    }

    private static @Nullable Object yaml(Path file) throws IOException {
        return new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file));
    }

    private static Map<?, ?> map(@Nullable Object value) {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw new IllegalStateException("no mapping: " + value);
    }

    private static List<?> list(@Nullable Object value) {
        if (value instanceof List<?> list) {
            return list;
        }
        throw new IllegalStateException("no list: " + value);
    }

    private static String text(Map<?, ?> map, String key) {
        Object value = map.get(key);
        return value == null ? "" : value.toString();
    }
}
