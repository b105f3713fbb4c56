// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the HSM tells Prometheus. */
class MetricsIT {
    private static final String SIGN = "{\"alg\":\"ES256\",\"value\":\"" + "A".repeat(43) + "\"}";

    private static RunningHsm hsm;
    private static RawClient client;

    @BeforeAll
    static void work() {
        hsm = RunningHsm.start();
        client = hsm.client();
        client.create("ec", new JsonObject().put("kty", "EC"));
        client.create(
                "zebra",
                new JsonObject()
                        .put("kty", "oct")
                        .put("attributes", new JsonObject().put("exp", System.currentTimeMillis() / 1000 + 24 * 3600)));
        for (int i = 0; i < 12; i++) {
            client.post("/keys/ec/sign", SIGN).ok();
        }
        client.post("/keys/ec/sign", "{}").refused(400, "BadParameter");
    }

    @AfterAll
    static void endHsm() {
        RunningHsm.end(hsm);
    }

    private static String page() {
        Answer answer = client.send(client.request("/metrics").GET());
        assertEquals(200, answer.status());
        assertTrue(
                answer.header("content-type").startsWith("text/plain; version=0.0.4"), answer.header("content-type"));
        return answer.body();
    }

    private static double value(String page, String series) {
        Matcher line =
                Pattern.compile("(?m)^" + Pattern.quote(series) + " (\\S+)$").matcher(page);
        assertTrue(line.find(), series + " is in " + page);
        return Double.parseDouble(line.group(1));
    }

    @Test
    void countsEveryOperationOnceInEveryStage() {
        String page = page();
        String pair = "operation=\"sign\"";
        assertEquals(12, value(page, "hsm_operation_duration_seconds_count{key_class=\"p_256\"," + pair + "}"));
        for (String stage :
                List.of("receive", "authenticate", "decode", "queue", "execute", "return", "encode", "audit")) {
            assertEquals(
                    12,
                    value(
                            page,
                            "hsm_operation_stage_duration_seconds_count{key_class=\"p_256\"," + pair + ",stage=\""
                                    + stage + "\"}"));
        }
        double sum = value(page, "hsm_operation_duration_seconds_sum{key_class=\"p_256\"," + pair + "}");
        assertTrue(sum > 12e-6 && sum < 60, "in seconds: " + sum);
    }

    @Test
    void countsAnswersByOperationAndStatus() {
        String page = page();
        assertEquals(12, value(page, "hsm_http_requests_total{code=\"200\",operation=\"KeySign\"}"));
        assertEquals(1, value(page, "hsm_http_requests_total{code=\"400\",operation=\"KeySign\"}"));
        assertEquals(2, value(page, "hsm_http_requests_total{code=\"200\",operation=\"KeyCreate\"}"));
    }

    @Test
    void showsRingKeysStoreAndCondition() {
        String page = page();
        assertTrue(value(page, "hsm_ring_capacity{lane=\"fast\"}") > 0);
        assertTrue(value(page, "hsm_ring_workers{lane=\"slow\"}") > 0);
        assertTrue(value(page, "hsm_ring_operations_total{lane=\"fast\"}") >= 12);
        assertTrue(value(page, "hsm_ring_busy_seconds_total{lane=\"fast\"}") > 0);
        assertEquals(2, value(page, "hsm_keys"));
        assertEquals(1, value(page, "hsm_keys_expiring{within=\"7d\"}"));
        assertEquals(1, value(page, "hsm_store_healthy"));
        assertEquals(1, value(page, "hsm_witness_healthy"));
        assertEquals(1, value(page, "hsm_audit_healthy"));
        assertTrue(value(page, "hsm_audit_events_total") >= 15, "one for each request");
        assertEquals(1, value(page, "hsm_condition{hsm_condition=\"operational\"}"));
        assertEquals(0, value(page, "hsm_condition{hsm_condition=\"failed\"}"));
        assertEquals(1, value(page, "hsm_issuer_keys_fresh{issuer=\"dev\"}"));
        assertTrue(value(page, "hsm_token_lookups_total{result=\"verified\"}") >= 1);
        assertTrue(value(page, "hsm_token_lookups_total{result=\"connection\"}") >= 10);
        assertTrue(value(page, "hsm_connections") >= 1);
        assertTrue(page.contains("\nhsm_custody_measure_held{measure=\""), page);
        assertTrue(page.contains("\njvm_gc_overhead "), page);
        assertTrue(page.contains("\nhsm_build_info{"), page);
    }

    @Test
    void answersInTheFormThatIsAskedFor() {
        Answer open = client.send(client.request("/metrics")
                .header("accept", "application/openmetrics-text; version=1.0.0")
                .GET());
        assertTrue(open.header("content-type").startsWith("application/openmetrics-text; version=1.0.0"));
        assertTrue(open.body().endsWith("# EOF\n"));
        assertTrue(
                open.body().matches("(?s).*hsm_operation_duration_seconds_bucket\\{[^}]*} \\d+ # \\{request_id=.*"),
                "a slow operation as exemplar: " + open.body());
        assertTrue(open.body().contains("# UNIT hsm_operation_duration_seconds seconds\n"), open.body());
        Answer proto = client.send(client.request("/metrics")
                .header(
                        "accept",
                        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited")
                .GET());
        assertTrue(proto.header("content-type").startsWith("application/vnd.google.protobuf"));
        assertTrue(proto.body().contains("hsm_operation_duration_seconds"));
    }

    /** Dashboards and alert rules are written from the table. */
    @Test
    void everyFamilyOfTheHsmIsInTheTableAndEachOfTheTableIsThere() throws IOException {
        String table = Files.readString(Path.of("docs/metrics.md"));
        Set<String> documented = Pattern.compile("(?m)^\\| `(hsm_[a-z_]+)`")
                .matcher(table)
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> shown = Pattern.compile("(?m)^# TYPE (hsm_[a-z_]+) ")
                .matcher(page())
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> missing = new TreeSet<>(shown);
        missing.removeAll(documented);
        assertEquals(Set.of(), missing, "shown and not in the table");
        Set<String> absent = new TreeSet<>(documented);
        absent.removeAll(shown);
        absent.removeAll(NOT_ALWAYS);
        assertEquals(Set.of(), absent, "in the table and not shown");
    }

    /** What is there only sometimes, as the table says. */
    private static final Set<String> NOT_ALWAYS = Set.of(
            "hsm_token_refusals_total",
            "hsm_issuer_keys_fresh_until_timestamp_seconds",
            "hsm_audit_checkpoint_timestamp_seconds",
            "hsm_audit_forward_lag_events",
            "hsm_audit_forward_lag_seconds",
            "hsm_audit_forward_events_total",
            "hsm_spans_total");

    @Test
    void noLabelNamesAKeyOrAPrincipal() {
        String page = page();
        assertFalse(page.contains("zebra"), "a key's name");
        assertFalse(page.contains(hsm.administratorId()), "a principal");
    }
}
