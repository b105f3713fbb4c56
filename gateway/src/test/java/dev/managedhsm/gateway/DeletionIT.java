// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.managedhsm.crypto.lifecycle.LifecyclePolicy;
import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an HSM's owner decided about deletion: seen in every key, and held to. */
class DeletionIT {
    private static final JsonObject EC = new JsonObject().put("kty", "EC");

    @ParameterizedTest
    @CsvSource({
        "90, false, Recoverable+Purgeable",
        "90, true, Recoverable",
        "7, false, CustomizedRecoverable+Purgeable",
        "89, true, CustomizedRecoverable"
    })
    void everyKeySaysHowItCanBeRecovered(int days, boolean purgeProtection, String level) {
        try (RunningHsm hsm = RunningHsm.start(new LifecyclePolicy(days, purgeProtection))) {
            JsonObject attributes = hsm.client().create("a", EC).getJsonObject("attributes");

            assertEquals(days, attributes.getInteger("recoverableDays"));
            assertEquals(level, attributes.getString("recoveryLevel"));

            JsonObject deleted = hsm.client().delete("/keys/a").ok();
            assertEquals(
                    Duration.ofDays(days).toSeconds(),
                    deleted.getLong("scheduledPurgeDate") - deleted.getLong("deletedDate"));
        }
    }

    @Test
    void aProtectedKeyIsNotPurgedAndCanBeRecovered() {
        try (RunningHsm hsm = RunningHsm.start(new LifecyclePolicy(7, true))) {
            RawClient client = hsm.client();
            client.create("a", EC);
            client.delete("/keys/a").ok();

            Answer purge = client.delete("/deletedkeys/a");

            purge.refused(403, "Forbidden");
            client.get("/deletedkeys/a").ok();
            client.post("/deletedkeys/a/recover", "").ok();
            client.get("/keys/a").ok();
        }
    }
}
