// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Many keys, made, listed and loaded from outside: none costs more because there are others. 6,000 in the usual run, a hundred
 * thousand with {@code -Dhsm.keys=100000}, then also started anew with ten thousand. The log has the figures; {@code
 * gateway/docs/results.md} keeps those of one run.
 */
@Tag("slow")
class ManyKeysIT {
    private static final Logger LOG = LoggerFactory.getLogger(ManyKeysIT.class);
    private static final int KEYS = Integer.getInteger("hsm.keys", 6_000);
    private static final int STEP = Math.min(10_000, KEYS / 3);
    private static final int IN_FLIGHT = 96;

    /** After so many keys one more may be on its way: 96 cold connections at once outlast the time for a handshake. */
    private static final int KEYS_PER_CONNECTION = 20;

    private static final int PAGE = 25;
    private static final double FIRST_START_SECONDS_MAX = 5;
    private static final double START_SECONDS_MAX = 15;
    private static final String SIGN = "{\"alg\":\"HS256\",\"value\":\"" + "A".repeat(43) + "\"}";

    @TempDir
    private Path folder;

    @Test
    void aKeyCostsNoMoreBecauseThereAreOthers() throws InterruptedException {
        double[] rates = new double[KEYS / STEP];
        int port;
        try (RunningHsm hsm = RunningHsm.start(folder, 0)) {
            port = hsm.port();
            makeKeys(hsm.client(), rates, 0, 1);
        }
        starts(port, STEP, FIRST_START_SECONDS_MAX);
        try (RunningHsm hsm = RunningHsm.start(folder, port)) {
            makeKeys(hsm.client(), rates, 1, rates.length);
            double[] pageMicros = turnAllPages(hsm);
            assertTrue(last(rates) > rates[0] / 2, () -> "keys per second: " + Arrays.toString(rates));
            assertTrue(last(pageMicros) < 2 * pageMicros[0], () -> "µs per page: " + Arrays.toString(pageMicros));
        }
        starts(port, KEYS, START_SECONDS_MAX);
    }

    private void starts(int port, int keys, double secondsMax) {
        long begin = System.nanoTime();
        try (RunningHsm hsm = RunningHsm.start(folder, port)) {
            hsm.client()
                    .post("/keys/key-%06d/sign".formatted(keys * 7 / 9 | 1), SIGN)
                    .ok();
            double seconds = (System.nanoTime() - begin) / 1e9;
            LOG.info("{} keys: from the start to the first signature {} s", keys, rounded(seconds));
            assertTrue(seconds <= secondsMax, seconds + " s");
        }
    }

    private static double last(double[] values) {
        return values[values.length - 1];
    }

    private static double rounded(double value) {
        return Math.round(value * 100) / 100.0;
    }

    /** Makes keys, {@link #STEP} at each step from one to before another, and notes how many a second. */
    private static void makeKeys(RawClient client, double[] rates, int from, int to) throws InterruptedException {
        Semaphore room = new Semaphore(1);
        int given = 1;
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        long commits = commits(client);
        for (int step = from; step < to; step++) {
            long begin = System.nanoTime();
            for (int i = step * STEP; i < (step + 1) * STEP; i++) {
                String body = i % 2 == 0 ? "{\"kty\":\"EC\"}" : "{\"kty\":\"oct\",\"tags\":{\"k\":\"v\"}}";
                if (given < IN_FLIGHT && i % KEYS_PER_CONNECTION == 0) {
                    room.release();
                    given++;
                }
                room.acquire();
                var _ = client.sendAsync(
                                client.posting("/keys/key-%06d/create".formatted(i), BodyPublishers.ofString(body)))
                        .thenAccept(answer -> assertEquals(200, answer.status()))
                        .whenComplete((_, thrown) -> {
                            failure.compareAndSet(null, thrown);
                            room.release();
                        });
            }
            room.acquire(IN_FLIGHT);
            room.release(IN_FLIGHT);
            assertNull(failure.get());
            rates[step] = Math.round(STEP / ((System.nanoTime() - begin) / 1e9));
            long after = commits(client);
            LOG.info(
                    "keys {} to {}: {} made per second, {} with each commit",
                    step * STEP,
                    (step + 1) * STEP,
                    (int) rates[step],
                    rounded((double) STEP / (after - commits)));
            commits = after;
        }
    }

    /** How many commits the store has made. */
    private static long commits(RawClient client) {
        Matcher figure = Pattern.compile("(?m)^hsm_store_revision ([0-9.E+]+)$")
                .matcher(client.get("/metrics").body());
        assertTrue(figure.find(), "the revision is among the metrics");
        return (long) Double.parseDouble(figure.group(1));
    }

    /** Answers the median time of a page in microseconds, for each step. */
    private static double[] turnAllPages(RunningHsm hsm) {
        double[] medians = new double[KEYS / STEP];
        RawClient client = hsm.client();
        String next = "/keys?api-version=7.6";
        for (int step = 0; step < medians.length; step++) {
            List<Double> micros = new ArrayList<>();
            for (int page = 0; page < STEP / PAGE; page++) {
                long begin = System.nanoTime();
                JsonObject answer = client.get(String.valueOf(next)).ok();
                micros.add((System.nanoTime() - begin) / 1e3);
                String first = answer.getJsonArray("value").getJsonObject(0).getString("kid");
                assertEquals("%s/keys/key-%06d".formatted(hsm.url(), step * STEP + page * PAGE), first);
                String link = answer.getString("nextLink");
                next = link == null ? null : link.substring(hsm.url().length());
            }
            micros.sort(null);
            medians[step] = Math.round(micros.get(micros.size() / 2));
            LOG.info("keys {} to {}: {} µs per page", step * STEP, (step + 1) * STEP, (int) medians[step]);
        }
        assertNull(next, "the last page is the last");
        return medians;
    }
}
