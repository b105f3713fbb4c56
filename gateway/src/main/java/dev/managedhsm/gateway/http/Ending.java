// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.latency.LatencyRecorder;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Outcome;
import dev.managedhsm.crypto.operation.Stage;
import dev.managedhsm.crypto.operation.StageTimes;
import dev.managedhsm.gateway.audit.AuditEvent;
import dev.managedhsm.gateway.audit.AuditName;
import dev.managedhsm.gateway.audit.AuditReceipt;
import dev.managedhsm.gateway.audit.AuditScope;
import dev.managedhsm.gateway.trace.RequestTrace;
import dev.managedhsm.gateway.trace.Traces;
import dev.managedhsm.gateway.wire.ApiVersion;
import io.netty.util.AsciiString;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How one request ends: its audit event, and its latencies. Used by its connection's event loop only.
 *
 * <pre>
 *   answer made ─▶ event handed to the log ┄┄▶ durable ─▶ leaving: last headers, last stage ─▶ connection
 *   client gone ─▶ event handed to the log
 * </pre>
 */
final class Ending {
    private static final AsciiString SERVER_LATENCY = AsciiString.cached("x-ms-server-latency");
    private static final AsciiString USER_AGENT = AsciiString.cached("user-agent");
    private static final AsciiString RECEIPT = AsciiString.cached(AuditReceipt.HEADER);
    private static final AsciiString TRACEPARENT = AsciiString.cached("traceparent");

    /** What a request is counted as while nobody has said what is asked for. */
    static final String OTHER = "Other";

    private static final int THROTTLED = 429;
    private static final int OK = 200;
    private static final AsciiString[] MILLIS = IntStream.range(0, 64)
            .mapToObj(count -> new AsciiString(Integer.toString(count)))
            .toArray(AsciiString[]::new);
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Exchange exchange;
    private final Edge edge;
    private final AuditEvent event = new AuditEvent();
    private final @Nullable RequestTrace trace;
    private String operation = OTHER;
    private @Nullable AuditReceipt receipt;
    private @Nullable StageTimes times;
    private @Nullable LatencyRecorder latency;
    private boolean over;

    Ending(Exchange exchange, Edge edge) {
        this.exchange = exchange;
        this.edge = edge;
        Traces traces = edge.traces();
        this.trace =
                traces == null ? null : traces.begin(exchange.request().getHeader(TRACEPARENT), exchange.startNanos());
    }

    /** What is asked for, by its name in the audit log. */
    void asks(String operationName) {
        operation = operationName;
    }

    /** The same; told by the path where nobody has said it. */
    String asked() {
        String path = exchange.path();
        return operation.equals(OTHER) && path != null
                ? AuditName.of(exchange.request().method().name(), path).operation()
                : operation;
    }

    AuditEvent event() {
        return event;
    }

    boolean recorded() {
        return AuditScope.recorded(exchange.request().method().name(), exchange.path());
    }

    void timed(StageTimes stages, LatencyRecorder recorder) {
        times = stages;
        latency = recorder;
    }

    /** The answer is made: it leaves when its event is durable. A throttled request has touched no key and does not wait. */
    void depart(Departure departure) {
        over = true;
        int status = exchange.request().response().getStatusCode();
        if (!recorded()) {
            departure.leave();
            return;
        }
        describe(status);
        edge.audit().record(event, departure, status != THROTTLED);
    }

    /** Nobody waits for an answer; told once only. */
    void gone() {
        if (over) {
            return;
        }
        over = true;
        if (recorded()) {
            describe(AuditEvent.CLIENT_GONE);
            edge.audit().record(event, null, false);
        }
        record(AuditEvent.CLIENT_GONE, System.nanoTime());
    }

    private void describe(int status) {
        HttpServerRequest request = exchange.request();
        event.request(exchange.requestId(), request.method().name(), exchange.path(), exchange.clientAddress());
        event.client(
                ApiVersion.of(exchange.query()),
                request.getHeader(USER_AGENT),
                request.getHeader(AnswerHead.CLIENT_REQUEST_ID));
        if ("1".equals(request.getHeader(RECEIPT))) {
            receipt = new AuditReceipt();
            event.receipt(receipt);
        }
        long nowNanos = System.nanoTime();
        StageTimes stages = times;
        if (stages != null) {
            stages.stamp(Stage.ENCODE, nowNanos);
            event.times(stages);
        }
        event.end(status, edge.nowMillis(), nowNanos - exchange.startNanos());
    }

    /** The answer is about to leave. */
    HttpServerResponse leaving() {
        long nowNanos = System.nanoTime();
        HttpServerResponse response = exchange.request().response();
        response.putHeader(SERVER_LATENCY, millis(nowNanos));
        AuditReceipt wanted = receipt;
        if (wanted != null && wanted.filled()) {
            response.putHeader(RECEIPT, wanted.text());
        }
        record(response.getStatusCode(), nowNanos);
        return response;
    }

    /** The same for an answer of 200 that is written past Vert.x's response. */
    void leaving(SuccessHead head) {
        long nowNanos = System.nanoTime();
        head.add(SERVER_LATENCY, millis(nowNanos));
        AuditReceipt wanted = receipt;
        if (wanted != null && wanted.filled()) {
            head.add(RECEIPT, wanted.text());
        }
        record(OK, nowNanos);
    }

    /** How long the request has taken; the usual texts are made once. */
    private AsciiString millis(long nowNanos) {
        long count = (nowNanos - exchange.startNanos()) / NANOS_PER_MILLI;
        return count < MILLIS.length ? MILLIS[(int) count] : new AsciiString(Long.toString(count));
    }

    private void record(int status, long nowNanos) {
        StageTimes stages = times;
        LatencyRecorder recorder = latency;
        if (stages != null && recorder != null) {
            stages.stamp(Stage.AUDIT, nowNanos);
            recorder.record(stages);
            remember(stages);
        }
        RequestTrace traced = trace;
        Traces traces = edge.traces();
        if (traced != null && traces != null) {
            traced.request(exchange.request().method().name(), exchange.requestId(), exchange.clientAddress());
            traced.ended(operation, status, nowNanos);
            KeyFacts key = event.key();
            Algorithm algorithm = event.algorithm();
            Outcome outcome = event.outcome();
            if (stages != null && key != null && algorithm != null && outcome != null) {
                traced.operation(stages, key, algorithm, outcome);
            }
            traces.finish(traced);
        }
    }

    /** For who wants to know which operations were slow. */
    private void remember(StageTimes stages) {
        KeyFacts key = event.key();
        Algorithm algorithm = event.algorithm();
        Outcome outcome = event.outcome();
        String caller = event.callerId();
        if (key != null && algorithm != null && outcome != null && caller != null) {
            RequestTrace traced = trace;
            String traceId = traced == null ? null : traced.traceId();
            edge.pulse().finished(stages, exchange.requestId(), traceId, key, algorithm, outcome, caller);
        }
    }
}
