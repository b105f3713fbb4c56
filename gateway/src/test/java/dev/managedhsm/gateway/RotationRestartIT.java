// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A policy, and the rotation that comes due while the HSM is not running, survive its restart. */
class RotationRestartIT {
    private static final long LEAD_SECONDS = 28 * 86_400;
    private static final List<String> TYPES = List.of("EC", "RSA", "oct");
    private static final String POLICY = "{\"lifetimeActions\":[{\"trigger\":{\"timeBeforeExpiry\":\"P28D\"},"
            + "\"action\":{\"type\":\"Rotate\"}}],\"attributes\":{\"expiryTime\":\"P56D\"}}";

    @TempDir
    private Path folder;

    private static int versions(RawClient client, String name) {
        JsonArray all = client.get("/keys/" + name + "/versions").ok().getJsonArray("value");
        return all.size();
    }

    @Test
    void rotatesAfterARestartWhatCameDueMeanwhile() {
        int port;
        JsonObject policy;
        long dueSeconds = Instant.now().getEpochSecond() + 5;
        try (RunningHsm hsm = RunningHsm.start(folder, 0)) {
            RawClient client = hsm.client();
            port = hsm.port();
            for (String type : TYPES) {
                JsonObject expiring = new JsonObject().put("exp", dueSeconds + LEAD_SECONDS);
                client.create(type, new JsonObject().put("kty", type).put("attributes", expiring));
                client.send(client.request("/keys/" + type + "/rotationpolicy").PUT(BodyPublishers.ofString(POLICY)))
                        .ok();
            }
            client.create("lasting", new JsonObject().put("kty", "EC"));
            client.send(client.request("/keys/lasting/rotationpolicy").PUT(BodyPublishers.ofString(POLICY)))
                    .ok();
            policy = client.get("/keys/EC/rotationpolicy").ok();
        }
        while (Instant.now().getEpochSecond() < dueSeconds) {
            Thread.onSpinWait();
        }

        try (RunningHsm hsm = RunningHsm.start(folder, port)) {
            RawClient client = hsm.client();
            Instant limit = Instant.now().plusSeconds(30);
            for (String type : TYPES) {
                while (versions(client, type) < 2) {
                    assertTrue(Instant.now().isBefore(limit), type + " is rotated");
                }
                JsonObject attributes = client.get("/keys/" + type).ok().getJsonObject("attributes");
                assertEquals(2 * LEAD_SECONDS, attributes.getLong("exp") - attributes.getLong("created"));
                assertTrue(attributes.getLong("created") >= dueSeconds);
                assertEquals(2, versions(client, type));
            }
            assertEquals(1, versions(client, "lasting"), "a version that does not expire is never due");
            assertEquals(policy, client.get("/keys/EC/rotationpolicy").ok());
        }
        try (RunningHsm hsm = RunningHsm.start(folder, port)) {
            assertEquals(policy, hsm.client().get("/keys/EC/rotationpolicy").ok());
            TYPES.forEach(type -> assertEquals(2, versions(hsm.client(), type)));
        }
    }
}
