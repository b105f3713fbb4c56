// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same folder is the same HSM, and one process's at a time. */
class RestartIT {
    private static final String DIGEST = "A".repeat(43);
    private static final List<JsonObject> KEYS = List.of(
            new JsonObject().put("kty", "RSA").put("tags", new JsonObject().put("a", "b")),
            new JsonObject().put("kty", "EC").put("crv", "P-256"),
            new JsonObject().put("kty", "EC").put("crv", "P-256K"),
            new JsonObject().put("kty", "oct").put("attributes", new JsonObject().put("exp", 4102444800L)));
    private static final List<String> ALGORITHMS = List.of("PS256", "ES256", "ES256K", "HS256");

    @TempDir
    private Path folder;

    private static JsonObject sign(RawClient client, int key) {
        return client.post(
                        "/keys/k" + key + "/sign",
                        new JsonObject().put("alg", ALGORITHMS.get(key)).put("value", DIGEST))
                .ok();
    }

    private static boolean verified(RawClient client, int key, JsonObject signed) {
        return client.post(
                        "/keys/k" + key + "/verify",
                        new JsonObject()
                                .put("alg", ALGORITHMS.get(key))
                                .put("digest", DIGEST)
                                .put("value", signed.getString("value")))
                .ok()
                .getBoolean("value");
    }

    private static JsonObject encrypt(RawClient client) {
        return client.post(
                        "/keys/k3/encrypt",
                        new JsonObject().put("alg", "A256GCM").put("value", DIGEST))
                .ok();
    }

    @Test
    void isTheSameHsmWhenStartedAgain() {
        int port;
        String administratorId;
        String token;
        String keysBefore;
        List<JsonObject> signed;
        JsonObject sealed;
        Set<String> vectors = new HashSet<>();
        try (RunningHsm hsm = RunningHsm.start(folder, 0)) {
            RawClient client = hsm.client();
            port = hsm.port();
            administratorId = hsm.administratorId();
            token = client.bearer();
            for (int i = 0; i < KEYS.size(); i++) {
                client.create("k" + i, KEYS.get(i));
            }
            client.create("deleted", KEYS.getLast());
            client.delete("/keys/deleted").ok();
            client.create("purged", KEYS.getLast());
            client.delete("/keys/purged").ok();
            assertEquals(204, client.delete("/deletedkeys/purged").status());
            keysBefore = state(client);
            signed = Stream.of(0, 1, 2, 3).map(key -> sign(client, key)).toList();
            sealed = encrypt(client);
            vectors.add(sealed.getString("iv"));
            for (int i = 0; i < 20; i++) {
                vectors.add(encrypt(client).getString("iv"));
            }
        }

        try (RunningHsm hsm = RunningHsm.start(folder, port)) {
            RawClient client = hsm.client();
            assertEquals(administratorId, hsm.administratorId());
            client.send(client.bare("/keys").header("authorization", token).GET())
                    .ok();
            assertEquals(keysBefore, state(client));
            for (int i = 0; i < KEYS.size(); i++) {
                assertTrue(verified(client, i, signed.get(i)), KEYS.get(i).encode());
                assertTrue(verified(client, i, sign(client, i)), KEYS.get(i).encode());
            }
            JsonObject opened = client.post("/keys/k3/decrypt", sealed).ok();
            assertEquals(DIGEST, opened.getString("value"));
            for (int i = 0; i < 20; i++) {
                assertTrue(vectors.add(encrypt(client).getString("iv")), "a vector was used twice");
            }
            client.get("/deletedkeys/purged").refused(404, "KeyNotFound");
            client.post("/deletedkeys/deleted/recover", "").ok();
            client.post(
                            "/keys/deleted/sign",
                            new JsonObject().put("alg", "HS256").put("value", DIGEST))
                    .ok();
        }
    }

    /** Everything that it shows of its keys, living and deleted. */
    private static String state(RawClient client) {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < KEYS.size(); i++) {
            all.append(client.get("/keys/k" + i).body())
                    .append(client.get("/keys/k" + i + "/versions").body());
        }
        return all.append(client.get("/keys").body())
                .append(client.get("/deletedkeys/deleted").body())
                .append(client.get("/deletedkeys").body())
                .toString();
    }

    @Test
    void refusesItsFolderToASecondOneAndGoesOn() {
        try (RunningHsm hsm = RunningHsm.start(folder, 0)) {
            hsm.client().create("k1", KEYS.get(1));

            StartRefused refused = assertThrows(StartRefused.class, () -> RunningHsm.start(folder, 0));

            assertTrue(refused.sentence().startsWith("Another process runs the HSM in " + folder), refused.sentence());
            sign(hsm.client(), 1);
        }
    }

    @Test
    void refusesAPortInUseAndSaysSo(@TempDir Path other) {
        try (RunningHsm hsm = RunningHsm.start(folder, 0)) {
            StartRefused refused = assertThrows(StartRefused.class, () -> RunningHsm.start(other, hsm.port()));

            assertTrue(refused.sentence().contains("port " + hsm.port()), refused.sentence());
            hsm.client().get("/keys").ok();
        }
        RunningHsm.start(other, 0).close();
    }

    @Test
    void answersAChangeThatHasBegunWhenItEnds() throws Exception {
        RunningHsm hsm = RunningHsm.start(folder, 0);
        try (RawClient client = hsm.newClient(HttpClient.Version.HTTP_2)) {
            client.get("/keys").ok();
            JsonObject slow = new JsonObject().put("kty", "RSA").put("key_size", 4096);
            CompletableFuture<Answer> created =
                    CompletableFuture.supplyAsync(() -> client.post("/keys/slow/create", slow));
            client.get("/keys").ok();

            hsm.close();

            int status = created.get(30, TimeUnit.SECONDS).status();
            assertTrue(status == 200 || status == 503, "an answer of the HSM: " + status);
        }
    }

    @Test
    void isAnotherHsmInAnotherFolder(@TempDir Path other) {
        String first;
        try (RunningHsm hsm = RunningHsm.start(folder, 0)) {
            first = hsm.administratorId();
        }
        try (RunningHsm hsm = RunningHsm.start(other, 0)) {
            assertNotEquals(first, hsm.administratorId());
        }
    }

    @Test
    void startsNeitherWithoutItsRootKeyNorWithAnother(@TempDir Path other) throws IOException {
        try (RunningHsm hsm = RunningHsm.start(folder, 0)) {
            hsm.client().create("k1", KEYS.get(1));
        }
        try (RunningHsm hsm = RunningHsm.start(other, 0)) {
            hsm.client().get("/keys").ok();
        }
        Path rootKey = folder.resolve("data/root.key");
        Path kept = Files.move(rootKey, folder.resolve("kept"));

        StartRefused missing = assertThrows(StartRefused.class, () -> RunningHsm.start(folder, 0));
        assertTrue(missing.sentence().contains("root key " + rootKey + " is missing"), missing.sentence());
        assertFalse(Files.exists(rootKey), "no new one was made");

        Files.copy(other.resolve("data/root.key"), rootKey);
        assertThrows(StartRefused.class, () -> RunningHsm.start(folder, 0));

        Files.delete(rootKey);
        Files.move(kept, rootKey);
        try (RunningHsm hsm = RunningHsm.start(folder, 0)) {
            sign(hsm.client(), 1);
        }
    }
}
