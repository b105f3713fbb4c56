// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.operator;

import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What an expression of Prometheus asks for. */
final class Expressions {
    /** Where names of labels stand, and texts: no metric is named there. */
    private static final Pattern NO_METRICS =
            Pattern.compile("\"[^\"]*\"|\\{[^}]*}|\\[[^]]*]|\\b(by|on|without|ignoring)\\s*\\([^)]*\\)");

    private static final Pattern NAME = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_:]*");
    private static final Pattern METRIC = Pattern.compile("(hsm|jvm|process|system|vertx)_[a-z0-9_]+");

    private Expressions() {}

    /** The metrics of an HSM that it names, as the HSM writes them. */
    static Set<String> metrics(String expression) {
        Set<String> names = names(expression);
        names.removeIf(name -> !METRIC.matcher(name).matches());
        return names;
    }

    /** The recorded ones. */
    static Set<String> recorded(String expression) {
        Set<String> names = names(expression);
        names.removeIf(name -> !name.contains(":"));
        return names;
    }

    private static Set<String> names(String expression) {
        Matcher matcher = NAME.matcher(NO_METRICS.matcher(expression).replaceAll(" "));
        Set<String> names = new TreeSet<>();
        while (matcher.find()) {
            names.add(matcher.group());
        }
        return names;
    }
}
