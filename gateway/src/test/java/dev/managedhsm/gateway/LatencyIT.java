// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the HSM tells about its own times. */
class LatencyIT {
    private static final String SIGN = "{\"alg\":\"ES256\",\"value\":\"" + "A".repeat(43) + "\"}";
    private static final List<String> STAGES =
            List.of("RECEIVE", "AUTHENTICATE", "DECODE", "QUEUE", "EXECUTE", "RETURN", "ENCODE", "AUDIT", "TOTAL");

    private RunningHsm hsm;
    private RawClient client;

    @BeforeEach
    void startHsm() {
        hsm = RunningHsm.start();
        client = hsm.client();
        client.create("ec", new JsonObject().put("kty", "EC"));
        client.create("oct", new JsonObject().put("kty", "oct"));
    }

    @AfterEach
    void endHsm() {
        RunningHsm.end(hsm);
    }

    private void work(int signatures, int encryptions) {
        for (int i = 0; i < signatures; i++) {
            client.post("/keys/ec/sign", SIGN).ok();
        }
        for (int i = 0; i < encryptions; i++) {
            client.post("/keys/oct/encrypt", "{\"alg\":\"A256GCM\",\"value\":\"AAAA\"}")
                    .ok();
        }
    }

    @Test
    void logsEveryOperationOnce() {
        work(17, 5);
        assertCounts(17, 5);
        work(3, 1);
        assertCounts(20, 6);
    }

    private void assertCounts(int signatures, int encryptions) {
        Map<String, Histogram> histograms = histograms();
        for (String stage : STAGES) {
            assertEquals(signatures, count(histograms, "SIGN.P_256." + stage), stage);
            assertEquals(encryptions, count(histograms, "ENCRYPT.OCT_256." + stage), stage);
        }
        assertEquals(2 * STAGES.size(), histograms.size(), "nothing else was done");
        long execute = histogram(histograms, "SIGN.P_256.EXECUTE").getMaxValue();
        long total = histogram(histograms, "SIGN.P_256.TOTAL").getMaxValue();
        assertTrue(execute > 1_000, "a signature takes more than a microsecond: " + execute + " ns");
        assertTrue(total >= execute && total < 30_000_000_000L, total + " ns");
    }

    private static long count(Map<String, Histogram> histograms, String tag) {
        return histogram(histograms, tag).getTotalCount();
    }

    private static Histogram histogram(Map<String, Histogram> histograms, String tag) {
        Histogram histogram = histograms.get(tag);
        assertNotNull(histogram, tag);
        return histogram;
    }

    /** As HdrHistogram's own reader finds them. */
    private Map<String, Histogram> histograms() {
        Answer answer = client.get("/latency.hlog");
        assertEquals(200, answer.status());
        assertEquals("text/plain; charset=us-ascii", answer.header("content-type"));
        Map<String, Histogram> found = new HashMap<>();
        HistogramLogReader reader =
                new HistogramLogReader(new ByteArrayInputStream(answer.body().getBytes(US_ASCII)));
        while (reader.hasNext()) {
            EncodableHistogram histogram = reader.nextIntervalHistogram();
            if (histogram != null) {
                found.put(histogram.getTag(), (Histogram) histogram);
            }
        }
        return found;
    }

    @Test
    void showsATableForPeople() {
        work(4, 0);

        Answer answer = client.get("/latency");

        assertEquals(200, answer.status());
        assertEquals("text/plain; charset=utf-8", answer.header("content-type"));
        answer.assertSuccessHeaders();
        for (String stage : STAGES) {
            Pattern line = Pattern.compile("(?m)^SIGN +P_256 +" + stage + " +4( +[0-9]+\\.[0-9]){7}$");
            assertTrue(line.matcher(answer.body()).find(), stage + " in " + answer.body());
        }
        assertTrue(answer.body().startsWith("# latency since "));
        assertTrue(answer.body().endsWith("# end\n"), "whole");
    }

    @Test
    void countsNoRequestThatWasRefusedBeforeItsWork() {
        client.post("/keys/none/sign", SIGN).refused(404, "KeyNotFound");
        client.post("/keys/ec/sign", "{}").refused(400, "BadParameter");

        assertEquals(Map.of(), histograms());
    }

    @Test
    void tellsItsStagesToAClientThatAsks() {
        client.post("/keys/ec/sign", SIGN).ok();
        long start = System.nanoTime();
        Answer answer = client.send(
                client.posting("/keys/ec/sign", BodyPublishers.ofString(SIGN)).header("x-hsm-server-timing", "1"));
        double tookMillis = (System.nanoTime() - start) / 1e6;
        answer.ok();

        String timing = answer.header("server-timing");
        double sumMillis = 0;
        List<String> entries = List.of(timing.split(", ", -1));
        assertEquals(STAGES.size() - 3, entries.size(), timing);
        for (int i = 0; i < entries.size(); i++) {
            String[] parts = entries.get(i).split(";dur=", -1);
            assertEquals(STAGES.get(i).toLowerCase(java.util.Locale.ROOT), parts[0]);
            assertTrue(parts[1].matches("[0-9]+\\.[0-9]{3}"), timing);
            sumMillis += Double.parseDouble(parts[1]);
        }
        assertTrue(sumMillis > 0 && sumMillis <= tookMillis + 0.01, sumMillis + " of " + tookMillis + " ms");
    }

    @Test
    void keepsItsStagesFromAClientThatDoesNotAsk() {
        Answer answer = client.post("/keys/ec/sign", SIGN);
        answer.ok();
        assertFalse(answer.has("server-timing"));
    }
}
