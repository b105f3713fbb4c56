// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The dashboards: whole for Grafana, movable from one Prometheus to another, and each expression one that Prometheus takes. */
class DashboardsTest {
    private static final Tool PROMTOOL = new Tool("promtool");
    private static final int COLUMNS = 24;

    @TempDir
    private Path temporary;

    @Test
    void eachHasANameOfItsOwnAndAVariableForItsSource() throws IOException {
        Set<String> uids = new TreeSet<>();
        Map<String, JsonObject> dashboards = Dashboards.all();
        assertEquals(Set.of("capacity.json", "custody.json", "latency.json", "overview.json"), dashboards.keySet());
        dashboards.forEach((name, dashboard) -> {
            assertTrue(uids.add(dashboard.getString("uid")), name);
            assertTrue(dashboard.getString("title").startsWith("Managed HSM: "), name);
            assertFalse(dashboard.containsKey("id"), name + " has the number that one Grafana gave it");
            JsonObject source =
                    dashboard.getJsonObject("templating").getJsonArray("list").getJsonObject(0);
            assertEquals("datasource", source.getString("type"), name);
            assertEquals("prometheus", source.getString("query"), name);
        });
    }

    @Test
    void everyQuestionGoesToTheChosenSource() throws IOException {
        Dashboards.all()
                .forEach((name, dashboard) -> Dashboards.panels(dashboard).forEach(panel -> {
                    String where = name + ": " + panel.getString("title");
                    assertEquals(
                            "${datasource}", panel.getJsonObject("datasource").getString("uid"), where);
                    List<JsonObject> targets = Dashboards.objects(panel.getJsonArray("targets"));
                    assertFalse(targets.isEmpty(), where);
                    Set<String> letters = new TreeSet<>();
                    for (JsonObject target : targets) {
                        assertEquals(
                                "${datasource}",
                                target.getJsonObject("datasource").getString("uid"),
                                where);
                        assertTrue(letters.add(target.getString("refId")), where);
                        assertTrue(target.getString("expr").contains("$instance"), where + " mixes all HSMs");
                    }
                }));
    }

    @Test
    void panelsHaveNumbersOfTheirOwnAndLieBesideEachOther() throws IOException {
        Dashboards.all().forEach((name, dashboard) -> {
            Set<Integer> ids = new TreeSet<>();
            Set<String> cells = new TreeSet<>();
            for (JsonObject panel : Dashboards.objects(dashboard.getJsonArray("panels"))) {
                String where = name + ": " + panel.getString("title");
                assertTrue(ids.add(panel.getInteger("id")), where);
                JsonObject place = panel.getJsonObject("gridPos");
                assertTrue(place.getInteger("x") + place.getInteger("w") <= COLUMNS, where);
                for (int x = 0; x < place.getInteger("w"); x++) {
                    for (int y = 0; y < place.getInteger("h"); y++) {
                        String cell = (place.getInteger("x") + x) + "," + (place.getInteger("y") + y);
                        assertTrue(cells.add(cell), where + " lies over another one");
                    }
                }
            }
        });
    }

    @Test
    void dashboardsUseOnlyWhatIsRecorded() throws IOException {
        Set<String> recorded = new TreeSet<>();
        Rules.recordings().forEach(rule -> recorded.add(rule.record()));
        Set<String> used = new TreeSet<>();
        for (JsonObject dashboard : Dashboards.all().values()) {
            Dashboards.expressions(dashboard).forEach(expression -> used.addAll(Expressions.recorded(expression)));
        }

        used.removeAll(recorded);
        assertEquals(Set.of(), used);
    }

    /** As rules, because promtool looks at the language of rules. */
    @Test
    void prometheusTakesEveryExpression() throws Exception {
        List<String> lines = new ArrayList<>(List.of("groups:", "  - name: dashboards", "    rules:"));
        int count = 0;
        for (JsonObject dashboard : Dashboards.all().values()) {
            for (String expression : Dashboards.expressions(dashboard)) {
                lines.add("      - record: question_" + ++count);
                lines.add("        expr: '" + expression.replace("$__rate_interval", "1m") + "'");
            }
        }
        Path rules = Files.write(temporary.resolve("dashboards.yml"), lines);

        Tool.Ended ended = PROMTOOL.orSkip().run("check", "rules", rules.toString());

        assertEquals(0, ended.status(), ended.output());
        assertTrue(ended.output().contains(count + " rules found"), ended.output());
    }
}
