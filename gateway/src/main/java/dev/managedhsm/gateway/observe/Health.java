// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.observe;

import dev.managedhsm.crypto.lifecycle.HsmState;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * Whether the HSM can be sent requests, and how well it does. Any thread.
 *
 * <p>What readiness hangs on is asked anew each time, from memory, so that an event loop may ask. The rest may read from the
 * disk: never on an event loop.
 */
public final class Health {
    private final HsmState state;
    private final Supplier<List<Check>> readiness;
    private final Supplier<List<Check>> others;
    private final InstantSource clock;

    /**
     * @param state the HSM's condition
     * @param readiness what it hangs on beside the condition; must not wait
     * @param others everything else; may read from the disk
     * @param clock wall clock
     */
    public Health(HsmState state, Supplier<List<Check>> readiness, Supplier<List<Check>> others, InstantSource clock) {
        this.state = state;
        this.readiness = readiness;
        this.others = others;
        this.clock = clock;
    }

    /** What readiness hangs on. Does not wait. */
    public HealthReport readiness() {
        List<Check> checks = new ArrayList<>();
        checks.add(condition());
        checks.addAll(readiness.get());
        return report(checks);
    }

    /** Everything. May wait for the disk. */
    public HealthReport full() {
        List<Check> checks = new ArrayList<>(readiness().checks());
        checks.addAll(others.get());
        return report(checks);
    }

    /**
     * What somebody is told who may not know more: whether the HSM is ready.
     *
     * @param report of readiness
     * @param reasons whether the asker may also know for what it waits
     */
    public static JsonObject shortly(HealthReport report, boolean reasons) {
        JsonObject json = new JsonObject().put("ready", report.ready());
        if (reasons) {
            JsonArray waiting = new JsonArray();
            report.checks().stream().filter(check -> !check.held()).forEach(check -> waiting.add(check.name()));
            json.put("waitingFor", waiting);
        }
        return json;
    }

    private Check condition() {
        String reason = state.reason();
        return switch (state.now()) {
            case OPERATIONAL -> Check.readiness("condition", true, "the HSM is operational");
            case PROVISIONED ->
                Check.readiness("condition", false, "the HSM is not activated: download its security domain");
            case SEALED -> Check.readiness("condition", false, "the HSM is sealed: upload its security domain");
            case RESTORING -> Check.readiness("condition", false, "the HSM is being restored from a backup");
            case DRAINING -> Check.readiness("condition", false, "the HSM is shutting down");
            case FAILED ->
                Check.readiness(
                        "condition",
                        false,
                        "the HSM has failed and must be started anew: " + (reason == null ? "see the log" : reason));
        };
    }

    private HealthReport report(List<Check> checks) {
        return new HealthReport(clock.instant(), state.now().name().toLowerCase(Locale.ROOT), checks);
    }
}
