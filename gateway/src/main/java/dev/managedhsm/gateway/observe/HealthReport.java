// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.observe;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/**
 * How the HSM is at one moment. Immutable.
 *
 * @param time when
 * @param condition the HSM's condition, lower case
 * @param checks all that was looked at
 */
public record HealthReport(Instant time, String condition, List<Check> checks) {
    /** Copies the list. */
    public HealthReport {
        checks = List.copyOf(checks);
    }

    /** Whether requests should be sent here. */
    public boolean ready() {
        return checks.stream().allMatch(check -> check.held() || check.kind() != Check.Kind.READINESS);
    }

    /** {@code unready}, {@code degraded}, which works and should be looked at, or {@code healthy}. */
    public String status() {
        if (!ready()) {
            return "unready";
        }
        return checks.stream().allMatch(Check::held) ? "healthy" : "degraded";
    }

    /** Everything, with reasons: for operators. */
    public JsonObject json() {
        JsonArray all = new JsonArray();
        for (Check check : checks) {
            all.add(new JsonObject()
                    .put("name", check.name())
                    .put("kind", check.kind().name().toLowerCase(Locale.ROOT))
                    .put("held", check.held())
                    .put("why", check.why()));
        }
        return new JsonObject()
                .put("status", status())
                .put("ready", ready())
                .put("condition", condition)
                .put("time", time.toString())
                .put("checks", all);
    }
}
