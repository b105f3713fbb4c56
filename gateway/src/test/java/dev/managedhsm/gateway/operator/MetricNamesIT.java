// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Whatever rules and dashboards ask for is told by a running HSM, under that name and with those labels. */
class MetricNamesIT {
    private static final String SIGN = "{\"alg\":\"ES256\",\"value\":\"" + "A".repeat(43) + "\"}";
    private static final Path METRICS = Path.of("docs", "metrics.md");

    /** A row or a remark of the table that says when a metric is not there. */
    private static final Pattern CONDITIONAL = Pattern.compile("(?m)^.*(?:absent|there once there was a pause).*$");

    private static final Pattern NAME = Pattern.compile("`([a-z_]+)`");
    private static final Pattern SELECTOR = Pattern.compile("(hsm_[a-z_]+)\\{([^}]*)}");
    private static final Pattern MATCHER = Pattern.compile("([a-z_]+)(=~|!~|!=|=)\"([^\"]*)\"");

    private static RunningHsm hsm;
    private static String page;

    @BeforeAll
    static void work() {
        hsm = RunningHsm.start();
        RawClient client = hsm.client();
        client.create(
                "ec",
                new JsonObject()
                        .put("kty", "EC")
                        .put("attributes", new JsonObject().put("exp", System.currentTimeMillis() / 1000 + 24 * 3600)));
        client.post("/keys/ec/sign", SIGN).ok();
        client.send(client.request("/keys?api-version=7.6")
                .setHeader("Authorization", "Bearer x.y.z")
                .GET());
        page = client.send(client.request("/metrics").GET()).body();
    }

    @AfterAll
    static void endHsm() {
        RunningHsm.end(hsm);
    }

    @Test
    void everyMetricThatIsAskedForIsTold() throws IOException {
        Set<String> told = new TreeSet<>();
        page.lines().filter(line -> !line.startsWith("#")).forEach(line -> told.add(line.replaceFirst("[{ ].*", "")));
        Set<String> unknown = new TreeSet<>();
        Set<String> asked = new TreeSet<>();
        for (String expression : expressions()) {
            asked.addAll(Expressions.metrics(expression));
        }
        asked.forEach(name -> {
            if (!told.contains(name)) {
                unknown.add(name);
            }
        });

        assertTrue(asked.size() > 30, asked.toString());
        unknown.removeAll(conditional());
        assertEquals(Set.of(), unknown, () -> "not told by:\n" + page);
    }

    /** What is written word for word in a selector is a value that the HSM can tell: a bound of a bucket, a lane. */
    @Test
    void labelsOfSelectorsAreThoseOfTheMetric() throws IOException {
        Set<String> wrong = new TreeSet<>();
        for (String expression : expressions()) {
            Matcher selector = SELECTOR.matcher(expression);
            while (selector.find()) {
                String name = selector.group(1);
                Matcher label = MATCHER.matcher(selector.group(2));
                while (label.find()) {
                    String key = label.group(1);
                    boolean exact = label.group(2).equals("=")
                            && Set.of("le", "within", "locked").contains(key);
                    String series = "(?m)^" + name + "\\{(?:[^}]*,)?" + key + "=\""
                            + (exact ? Pattern.quote(label.group(3)) : "[^\"]*") + "\"";
                    if (!key.equals("instance")
                            && !key.equals("job")
                            && page.contains("\n" + name + "{")
                            && !Pattern.compile(series).matcher(page).find()) {
                        wrong.add(selector.group());
                    }
                }
            }
        }
        assertEquals(Set.of(), wrong);
        assertFalse(page.isEmpty());
    }

    private static Set<String> expressions() throws IOException {
        Set<String> expressions = new TreeSet<>();
        Rules.alerts().forEach(rule -> expressions.add(rule.expression()));
        Rules.recordings().forEach(rule -> expressions.add(rule.expression()));
        for (JsonObject dashboard : Dashboards.all().values()) {
            expressions.addAll(Dashboards.expressions(dashboard));
        }
        return expressions;
    }

    /** What the table says is not always there; with a summary or histogram, its parts too. */
    private static Set<String> conditional() throws IOException {
        String table = Files.readString(METRICS);
        Set<String> names = new TreeSet<>();
        Matcher row = CONDITIONAL.matcher(table);
        while (row.find()) {
            addNames(row.group(), names);
        }
        if (!page.contains("\nhsm_audit_healthy")) {
            addNames(table.substring(table.indexOf("## Audit log"), table.indexOf("## Process")), names);
        }
        return names;
    }

    private static void addNames(String text, Set<String> names) {
        Matcher name = NAME.matcher(text);
        while (name.find()) {
            for (String part : new String[] {"", "_sum", "_count", "_max"}) {
                names.add(name.group(1) + part);
            }
        }
    }
}
