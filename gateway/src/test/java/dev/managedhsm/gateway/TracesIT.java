// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.managedhsm.auth.token.SignatureAlgorithm;
import dev.managedhsm.auth.token.TokenIssuer;
import dev.managedhsm.crypto.operation.Stage;
import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.RunningHsm;
import dev.managedhsm.gateway.fixture.TraceCollector;
import dev.managedhsm.gateway.fixture.TrustingHsm;
import dev.managedhsm.gateway.identity.DevIssuer;
import dev.managedhsm.gateway.identity.ManagedIdentity;
import dev.managedhsm.gateway.resource.WarmUp;
import dev.managedhsm.gateway.trace.TraceConfig;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a collector of traces is sent, over OTLP. */
class TracesIT {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e47";
    private static final String CALLER = "00f067aa0ba902b7";
    private static final String SIGN = "{\"alg\":\"ES256\",\"value\":\"" + "A".repeat(43) + "\"}";

    /** A signature that is none, of the right length. */
    private static final String VERIFY =
            "{\"alg\":\"ES256\",\"digest\":\"" + "A".repeat(43) + "\",\"value\":\"" + "A".repeat(86) + "\"}";

    @TempDir
    static Path folder;

    private static RunningHsm dev;
    private static TraceCollector collector;
    private static TrustingHsm hsm;
    private static String token;

    @BeforeAll
    static void start() throws IOException {
        dev = RunningHsm.start();
        collector = new TraceCollector();
        DevIssuer issuer = new DevIssuer(DevIssuer.newKey(), "https://issuer.example.org", Clock.systemUTC());
        TokenIssuer trusted = new TokenIssuer(
                "test",
                UUID.fromString(dev.tenantId()),
                Set.of(issuer.url()),
                Set.of(dev.audience()),
                Set.of(SignatureAlgorithm.RS256),
                issuer.jwks(),
                0);
        TraceConfig traces = new TraceConfig(collector.endpoint(), null, 0, "hsm-under-test");
        hsm = TrustingHsm.start(
                dev,
                folder,
                List.of(trusted),
                dev.administratorId(),
                CustodyConfig.in(folder.resolve("data")),
                new ObserveConfig(WarmUp.SHORT, null, traces));
        ManagedIdentity caller = new ManagedIdentity(
                dev.tenantId(), dev.administratorId(), UUID.randomUUID().toString(), "/test");
        token = issuer.mint(caller, dev.audience()).text();
        assertEquals(
                200,
                send("/keys/ec/create", "{\"kty\":\"EC-HSM\",\"crv\":\"P-256\"}", "")
                        .status());
    }

    @AfterAll
    static void end() {
        if (hsm != null) {
            hsm.close();
        }
        if (collector != null) {
            collector.close();
        }
        RunningHsm.end(dev);
    }

    private static Answer send(String path, String body, String traceparent) {
        HttpRequest.Builder request = hsm.request(path, token)
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofString(body));
        return hsm.send(traceparent.isEmpty() ? request : request.header("traceparent", traceparent));
    }

    private static String parent(String end, boolean sampled) {
        return "00-" + TRACE + end + "-" + CALLER + "-" + (sampled ? "01" : "00");
    }

    private static ByteString bytes(String hex) {
        return ByteString.copyFrom(HexFormat.of().parseHex(hex));
    }

    private static List<Span> await(int count, String end) {
        return collector.await(count, span -> span.getTraceId().equals(bytes(TRACE + end)));
    }

    private static Map<String, String> attributes(Span span) {
        Map<String, String> all = new HashMap<>();
        for (KeyValue one : span.getAttributesList()) {
            all.put(
                    one.getKey(),
                    one.getValue().hasIntValue()
                            ? Long.toString(one.getValue().getIntValue())
                            : one.getValue().getStringValue());
        }
        return all;
    }

    @Test
    void aSampledOperationHasASpanBelowItsCallersAndOneForEachStage() {
        Answer answer = send("/keys/ec/sign", SIGN, parent("36", true));
        assertEquals(200, answer.status());
        Stage[] stages = Stage.values();
        List<Span> spans = await(stages.length + 1, "36");
        Span server = spans.stream()
                .filter(span -> span.getKind() == Span.SpanKind.SPAN_KIND_SERVER)
                .findFirst()
                .orElseThrow();
        assertEquals("KeySign", server.getName());
        assertEquals(bytes(CALLER), server.getParentSpanId());
        Map<String, String> attributes = attributes(server);
        assertEquals("200", attributes.get("http.response.status_code"));
        assertEquals("POST", attributes.get("http.request.method"));
        assertEquals("127.0.0.1", attributes.get("client.address"));
        assertEquals("ec", attributes.get("hsm.key.name"));
        assertEquals("P_256", attributes.get("hsm.key.class"));
        assertEquals("ES256", attributes.get("hsm.algorithm"));
        assertEquals("DONE", attributes.get("hsm.outcome"));
        assertEquals(answer.header("x-ms-request-id"), attributes.get("hsm.request_id"));
        Map<String, Span> below = spans.stream()
                .filter(span -> span.getParentSpanId().equals(server.getSpanId()))
                .collect(Collectors.toMap(Span::getName, span -> span));
        long at = server.getStartTimeUnixNano();
        for (Stage stage : stages) {
            Span one = Objects.requireNonNull(below.get(stage.name().toLowerCase(Locale.ROOT)));
            assertEquals(at, one.getStartTimeUnixNano(), stage + " begins where the one before ends");
            assertTrue(one.getEndTimeUnixNano() >= at, stage + " ends after it began");
            at = one.getEndTimeUnixNano();
        }
        assertEquals(at, server.getEndTimeUnixNano());
        assertTrue(Math.abs(at / 1_000_000 - System.currentTimeMillis()) < 60_000, "times of day");
        assertEquals(
                "hsm-under-test",
                collector
                        .resources()
                        .getFirst()
                        .getResource()
                        .getAttributes(0)
                        .getValue()
                        .getStringValue());
    }

    @Test
    void aSlowOperationLeadsToItsTrace() {
        // The first of its kind is the longest so far, and is kept.
        assertEquals(200, send("/keys/ec/verify", VERIFY, parent("45", true)).status());
        Answer open = hsm.send(hsm.request("/metrics", token)
                .header("accept", "application/openmetrics-text; version=1.0.0")
                .GET());
        Pattern exemplar = Pattern.compile(
                "hsm_operation_duration_seconds_bucket\\{[^}]*operation=\"verify\"[^}]*} \\d+ # \\{([^}]*)}");
        Matcher found = exemplar.matcher(open.body());
        assertTrue(found.find(), open.body());
        assertTrue(found.group(1).contains("trace_id=\"" + TRACE + "45\""), found.group());
        assertTrue(found.group(1).contains("request_id=\""), found.group());
    }

    @Test
    void aRequestThatIsRefusedHasASpanWithoutStages() {
        assertEquals(404, send("/keys/none/sign", SIGN, parent("40", true)).status());
        List<Span> spans = await(1, "40");
        assertEquals("404", attributes(spans.getFirst()).get("http.response.status_code"));
        assertEquals(
                Status.StatusCode.STATUS_CODE_UNSET,
                spans.getFirst().getStatus().getCode());
    }

    @Test
    void noSpanHoldsATokenOrAPayload() {
        send("/keys/ec/sign", SIGN, parent("41", true));
        List<Span> spans = await(Stage.values().length + 1, "41");
        String everything = spans.toString();
        assertFalse(everything.contains("AAAAAAAA"), everything);
        assertFalse(everything.contains("eyJ"), everything);
        assertFalse(everything.contains("Bearer"), everything);
    }

    @Test
    void whatItsCallerDoesNotSampleAndWhatHasNoTraceIsNotTraced() {
        send("/keys/ec/sign", SIGN, parent("42", false));
        send("/keys/ec/sign", SIGN, "");
        send("/keys/ec/sign", SIGN, "rubbish");
        send("/keys/ec/sign", SIGN, parent("43", true)); // comes after the others
        await(Stage.values().length + 1, "43");
        List<ByteString> traces =
                collector.spans().stream().map(Span::getTraceId).distinct().toList();
        assertFalse(traces.contains(bytes(TRACE + "42")));
        List<String> known = Arrays.asList("36", "40", "41", "43", "44", "45");
        assertTrue(known.stream().map(end -> bytes(TRACE + end)).toList().containsAll(traces), "no other: " + traces);
    }

    @Test
    void aCollectorThatFailsIsCountedAndHoldsUpNobody() throws Exception {
        collector.answer(400);
        try {
            assertEquals(200, send("/keys/ec/sign", SIGN, parent("44", true)).status());
            long endNanos = System.nanoTime() + 30_000_000_000L;
            String failed = "hsm_spans_total{result=\"failed\"} " + (Stage.values().length + 1);
            while (!hsm.get("/metrics", token).body().contains(failed)) {
                assertTrue(System.nanoTime() - endNanos < 0, "counted");
                LockSupport.parkNanos(20_000_000);
            }
        } finally {
            collector.answer(200);
        }
    }
}
