// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The HSM's figures for exactly the time that somebody measured. */
class LatencyWindowIT {
    private static final String SIGN = "{\"alg\":\"ES256\",\"value\":\"" + "A".repeat(43) + "\"}";

    private static RunningHsm hsm;
    private static RawClient client;

    @BeforeAll
    static void startHsm() {
        hsm = RunningHsm.start();
        client = hsm.client();
        client.create("ec", new JsonObject().put("kty", "EC"));
    }

    @AfterAll
    static void endHsm() {
        RunningHsm.end(hsm);
    }

    private static void sign(int count) {
        for (int i = 0; i < count; i++) {
            client.post("/keys/ec/sign", SIGN).ok();
        }
    }

    private static long signatures(String query) {
        Answer answer = client.get("/latency.hlog" + query);
        assertEquals(200, answer.status(), answer.body());
        assertEquals("text/plain; charset=us-ascii", answer.header("content-type"));
        long count = 0;
        try (HistogramLogReader reader =
                new HistogramLogReader(new ByteArrayInputStream(answer.body().getBytes(US_ASCII)))) {
            EncodableHistogram histogram;
            while ((histogram = reader.nextIntervalHistogram()) != null) {
                count += "SIGN.P_256.TOTAL".equals(histogram.getTag()) ? ((Histogram) histogram).getTotalCount() : 0;
            }
        }
        return count;
    }

    /** Intervals that somebody asks for are a second long at least. */
    private static void passASecond() {
        long endNanos = System.nanoTime() + 1_050_000_000;
        while (System.nanoTime() - endNanos < 0) {
            LockSupport.parkNanos(10_000_000);
        }
    }

    @Test
    void aWindowHoldsWhatWasDoneBetweenTwoRequestsForIt() {
        sign(3);
        passASecond();
        long fromMillis = System.currentTimeMillis();
        signatures("?from=" + fromMillis); // the interval before ends here
        long beganMillis = System.currentTimeMillis();
        sign(5);
        passASecond();
        assertEquals(5, signatures("?from=" + fromMillis));
        assertEquals(0, signatures("?to=" + fromMillis + "&from=" + fromMillis));
        assertTrue(signatures("?to=" + beganMillis) >= 3, "what was before");
        assertEquals(8, signatures(""), "since the start, as ever");
    }

    @ParameterizedTest
    @ValueSource(strings = {"?from=yesterday", "?to=2026-13-01T00:00:00Z", "?from=", "?from=5&to=4"})
    void aTimeThatIsNoneIsRefused(String query) {
        client.get("/latency.hlog" + query).refused(400, "BadParameter");
    }
}
