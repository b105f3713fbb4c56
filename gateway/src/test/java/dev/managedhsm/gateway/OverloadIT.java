// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.PublicKeys;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** More work than fits: the HSM says so at once, does what it took, and is as it was afterwards. */
class OverloadIT {
    /** As many streams as one connection may have open, less a few: three times what the slow lane holds. */
    private static final int AT_ONCE = 240;

    private static RunningHsm hsm;
    private static PublicKey key;

    @BeforeAll
    static void startHsm() {
        hsm = RunningHsm.start();
        JsonObject bundle =
                hsm.client().create("big", new JsonObject().put("kty", "RSA").put("key_size", 4096));
        key = PublicKeys.of(bundle.getJsonObject("key"));
        hsm.client().create("quick", new JsonObject().put("kty", "EC"));
    }

    @AfterAll
    static void endHsm() {
        RunningHsm.end(hsm);
    }

    private static HttpRequest.Builder sign(String name, String algorithm, byte[] message) {
        String digest = Base64.getUrlEncoder().withoutPadding().encodeToString(PublicKeys.digest(algorithm, message));
        String body = "{\"alg\":\"" + algorithm + "\",\"value\":\"" + digest + "\"}";
        return hsm.client().posting("/keys/" + name + "/sign", BodyPublishers.ofString(body));
    }

    private static byte[] message(int number) {
        return ("message " + number).getBytes(UTF_8);
    }

    @Test
    void refusesWhatDoesNotFitAndDoesTheRestRight() {
        RawClient client = hsm.client();
        client.send(sign("big", "PS256", message(0))).ok();
        List<CompletableFuture<Answer>> answers = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            answers.add(client.sendAsync(sign("big", "PS256", message(i))));
        }

        int done = 0;
        int refused = 0;
        for (int i = 0; i < AT_ONCE; i++) {
            Answer answer = answers.get(i).join();
            if (answer.status() == 429) {
                answer.refused(429, "Throttled");
                long seconds = Long.parseLong(answer.header("retry-after"));
                assertTrue(seconds >= 1 && seconds <= 60, "Retry-After: " + seconds);
                refused++;
            } else {
                byte[] signature = Base64.getUrlDecoder().decode(answer.ok().getString("value"));
                assertTrue(PublicKeys.verified(key, "PS256", message(i), signature), "signature " + i);
                done++;
            }
        }
        assertEquals(AT_ONCE, done + refused);
        assertTrue(refused > 0, "the lane was never full");
        assertTrue(done >= 64, "the lane holds 64, " + done + " were done");
        client.send(sign("big", "PS256", message(0))).ok();
    }

    @Test
    void doesQuickWorkWhileTheSlowLaneIsFull() {
        RawClient client = hsm.client();
        List<CompletableFuture<Answer>> slow = new ArrayList<>();
        for (int i = 0; i < AT_ONCE / 2; i++) {
            slow.add(client.sendAsync(sign("big", "RS256", message(i))));
        }
        // Answers come back in the order of their ends: when a first refusal is here, the lane is full.
        CompletableFuture.anyOf(slow.stream()
                        .map(answer -> answer.thenCompose(end -> end.status() == 429
                                ? CompletableFuture.completedFuture(end)
                                : new CompletableFuture<Answer>()))
                        .toArray(CompletableFuture<?>[]::new))
                .orTimeout(20, TimeUnit.SECONDS)
                .join();

        client.send(sign("quick", "ES256", message(0))).ok();

        assertTrue(slow.stream().anyMatch(answer -> !answer.isDone()), "the slow lane still has work");
        slow.forEach(CompletableFuture::join);
    }

    @Test
    void refusesAtOnceWhatCannotBeDoneInTheTimeThatTheClientHas() {
        RawClient client = hsm.client();
        client.send(sign("big", "PS256", message(0))).ok();
        List<CompletableFuture<Answer>> patient = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            patient.add(client.sendAsync(sign("big", "PS256", message(i))));
        }
        Answer hasty = client.send(sign("big", "PS256", message(0)).header("x-hsm-wait-ms", "0"));

        long unfinished = patient.stream().filter(answer -> !answer.isDone()).count();
        hasty.refused(429, "Throttled");
        assertTrue(unfinished >= 10, "the refusal waited in the lane: only " + unfinished + " come after it");
        patient.forEach(answer -> answer.join().ok());
    }
}
