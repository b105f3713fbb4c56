// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.SequenceInputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is taken back is gone: for the next request, and for requests that are on their way. */
class RevocationIT {
    private static final UUID USER = BuiltInRoles.CRYPTO_USER.id();
    private static final String BYTES = "A".repeat(43); // 32 zero bytes
    private static final String SLOW_BYTES = "{\"alg\":\"RS256\",\"value\":\"" + BYTES + "\"}";

    private static RunningHsm hsm;
    private static Caller admin;

    @BeforeAll
    static void start() {
        hsm = RunningHsm.start();
        admin = Caller.administrator(hsm);
        admin.post("/keys/quick/create", new JsonObject().put("kty", "EC-HSM")).ok();
        admin.post("/keys/slow/create", new JsonObject().put("kty", "RSA-HSM").put("key_size", 4096))
                .ok();
    }

    @AfterAll
    static void stop() {
        RunningHsm.end(hsm);
    }

    private static String assigned(Caller caller) {
        Answer answer = admin.assign("", USER, caller.objectId);
        assertEquals(201, answer.status(), answer.body());
        return Caller.assignments("") + "/" + answer.json().getString("name");
    }

    private static int sign(Caller caller) {
        JsonObject body = new JsonObject().put("alg", "ES256").put("value", BYTES);
        return caller.post("/keys/quick/sign", body).status();
    }

    @ParameterizedTest
    @EnumSource(
            value = HttpClient.Version.class,
            names = {"HTTP_1_1", "HTTP_2"})
    void holdsForTheNextRequestAfterTheAnswer(HttpClient.Version version) {
        try (RawClient client = hsm.newClient(version)) {
            Caller clerk = Caller.fresh(hsm, client);
            for (int i = 0; i < 10; i++) {
                String assignment = assigned(clerk);
                assertEquals(200, sign(clerk), "given " + i);
                admin.delete(assignment).ok();
                assertEquals(403, sign(clerk), "taken back " + i);
            }
        }
    }

    /** Operations that were admitted, and wait for a worker when the right goes, give nothing out. */
    @Test
    void reachesOperationsThatWaitForAWorker() throws Exception {
        try (RawClient client = hsm.newClient(HttpClient.Version.HTTP_2)) {
            Caller clerk = Caller.fresh(hsm, client);
            String assignment = assigned(clerk);
            List<CompletableFuture<Long>> late = new ArrayList<>();
            List<CompletableFuture<Answer>> answers = new ArrayList<>();
            for (int i = 0; i < 64; i++) { // as many as wait for the slow worker, some hundred milliseconds and more
                HttpRequest.Builder request = clerk.posting("/keys/slow/sign", SLOW_BYTES);
                CompletableFuture<Answer> answer = client.sendAsync(request);
                answers.add(answer);
                late.add(answer.thenApply(one -> one.status() == 200 ? System.nanoTime() : Long.MIN_VALUE));
            }
            answers.getFirst().join();

            admin.delete(assignment).ok();
            long revokedNanos = System.nanoTime();

            long refused = 0;
            for (int i = 0; i < answers.size(); i++) {
                Answer answer = answers.get(i).get(30, TimeUnit.SECONDS);
                if (answer.status() == 403) {
                    refused++;
                    assertEquals(
                            "Not authorized to access Microsoft.KeyVault/managedHsm/keys/sign/action on /keys/slow",
                            answer.refused(403, "AccessDenied"));
                } else {
                    long afterNanos = late.get(i).join() - revokedNanos;
                    assertTrue(afterNanos < TimeUnit.SECONDS.toNanos(1), "a signature " + afterNanos + " ns after");
                }
            }
            assertTrue(refused > 0, "nothing was on its way any more");
        }
    }

    /** A restore's body may take ten seconds; the right is asked for again when it is here. */
    @Test
    void reachesARestoreWhoseBodyIsStillArriving() throws Exception {
        try (RawClient client = hsm.newClient(HttpClient.Version.HTTP_1_1)) {
            Caller clerk = Caller.fresh(hsm, client);
            String assignment = assigned(clerk);
            assertEquals(200, sign(clerk));
            CountDownLatch begun = new CountDownLatch(1);
            CountDownLatch goOn = new CountDownLatch(1);
            HttpRequest.Builder request =
                    clerk.posting("/keys/restore", "").POST(BodyPublishers.ofInputStream(() -> halves(begun, goOn)));
            CompletableFuture<Answer> answer = client.sendAsync(request);
            assertTrue(begun.await(20, TimeUnit.SECONDS));

            admin.delete(assignment).ok();
            goOn.countDown();

            assertEquals(
                    "Not authorized to access Microsoft.KeyVault/managedHsm/keys/restore/action on /keys",
                    answer.get(30, TimeUnit.SECONDS).refused(403, "AccessDenied"));
        }
    }

    /** More than a buffer of a body, so that the head has gone out, and the rest when it may. */
    private static InputStream halves(CountDownLatch begun, CountDownLatch goOn) {
        byte[] first = ("{\"value\":\"" + "A".repeat(100_000)).getBytes(StandardCharsets.US_ASCII);
        byte[] rest = "\"}".getBytes(StandardCharsets.US_ASCII);
        InputStream gate = new InputStream() {
            @Override
            public int read() throws IOException {
                begun.countDown();
                try {
                    goOn.await();
                } catch (InterruptedException e) {
                    throw new InterruptedIOException();
                }
                return -1;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                return read();
            }
        };
        return new SequenceInputStream(
                new ByteArrayInputStream(first), new SequenceInputStream(gate, new ByteArrayInputStream(rest)));
    }

    /** A token that the connection remembers is refused in the very second that it names. */
    @ParameterizedTest
    @EnumSource(
            value = HttpClient.Version.class,
            names = {"HTTP_1_1", "HTTP_2"})
    void anExpiredTokenThatIsRememberedIsRefusedOnTheDot(HttpClient.Version version) {
        try (RawClient client = hsm.newClient(version)) {
            long expires = Instant.now().getEpochSecond() + 2;
            String bearer = "Bearer " + hsm.token().claim("exp", expires).text();
            int good = 0;
            while (true) {
                Instant sent = Instant.now();
                Answer answer = client.send(
                        client.bare("/keys").header("authorization", bearer).GET());
                Instant received = Instant.now();
                if (answer.status() == 200) {
                    assertTrue(sent.getEpochSecond() < expires, "good at " + sent);
                    good++;
                } else {
                    answer.refused(401, "Unauthorized");
                    assertTrue(answer.header("www-authenticate").endsWith("error_description=\"token_expired\""));
                    assertTrue(received.getEpochSecond() >= expires, "refused at " + received);
                    break;
                }
            }
            assertTrue(good > 10, good + " requests before");
        }
    }
}
