// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.operator;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The dashboards for Grafana, as they are in {@code config/grafana}. */
final class Dashboards {
    private static final Path FOLDER = Tool.CONFIG.resolve("grafana/dashboards");

    private Dashboards() {}

    /** All of them, by the names of their files. */
    static Map<String, JsonObject> all() throws IOException {
        Map<String, JsonObject> dashboards = new TreeMap<>();
        try (var files = Files.list(FOLDER)) {
            for (Path file : files.toList()) {
                dashboards.put(file.getFileName().toString(), new JsonObject(Files.readString(file)));
            }
        }
        return dashboards;
    }

    /** Panels of a dashboard, without the headings between them. */
    static List<JsonObject> panels(JsonObject dashboard) {
        return objects(dashboard.getJsonArray("panels")).stream()
                .filter(panel -> !panel.getString("type").equals("row"))
                .toList();
    }

    /** What a dashboard asks Prometheus: panels, annotations, variables. */
    static List<String> expressions(JsonObject dashboard) {
        List<String> expressions = new ArrayList<>();
        for (JsonObject panel : panels(dashboard)) {
            objects(panel.getJsonArray("targets")).forEach(target -> expressions.add(target.getString("expr")));
        }
        for (JsonObject annotation :
                objects(dashboard.getJsonObject("annotations").getJsonArray("list"))) {
            expressions.add(annotation.getJsonObject("target").getString("expr"));
        }
        for (JsonObject variable : objects(dashboard.getJsonObject("templating").getJsonArray("list"))) {
            if (variable.getString("type").equals("query")) {
                expressions.add(variable.getJsonObject("query")
                        .getString("query")
                        .replaceFirst("^label_values\\((.*), [a-z_]+\\)$", "$1"));
            }
        }
        return expressions;
    }

    /** The objects of an array. */
    static List<JsonObject> objects(JsonArray array) {
        return array.stream().map(JsonObject.class::cast).toList();
    }
}
