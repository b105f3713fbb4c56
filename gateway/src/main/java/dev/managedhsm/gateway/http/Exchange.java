// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import dev.managedhsm.auth.token.Challenge;
import dev.managedhsm.auth.token.RejectionReason;
import dev.managedhsm.auth.token.VerifiedToken;
import dev.managedhsm.gateway.trace.RequestTrace;
import dev.managedhsm.gateway.trace.Traces;
import dev.managedhsm.gateway.wire.JsonText;
import dev.managedhsm.gateway.wire.WireError;
import io.netty.buffer.ByteBuf;
import io.netty.util.AsciiString;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.internal.buffer.BufferInternal;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request and its one answer. Used by its connection's event loop only.
 *
 * <p>Every answer, also every refusal, goes through here and so carries the standard headers and a request id; the second
 * answer of an exchange is a programmer's mistake. The body is wiped when the answer is given.
 */
public final class Exchange {
    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);
    private static final CharSequence CONTENT_TYPE = AsciiString.cached("content-type");
    private static final CharSequence JSON = AsciiString.cached("application/json; charset=utf-8");
    private static final CharSequence REQUEST_ID = AsciiString.cached("x-ms-request-id");
    private static final CharSequence SERVER_LATENCY = AsciiString.cached("x-ms-server-latency");
    private static final CharSequence NETWORK_INFO = AsciiString.cached("x-ms-keyvault-network-info");
    private static final CharSequence TRACEPARENT = AsciiString.cached("traceparent");
    private static final CharSequence REGION = AsciiString.cached("x-ms-keyvault-region");
    private static final CharSequence[] FIXED = {
        AsciiString.cached("cache-control"), AsciiString.cached("no-cache"),
        AsciiString.cached("content-security-policy"), AsciiString.cached("default-src 'self'"),
        AsciiString.cached("strict-transport-security"), AsciiString.cached("max-age=31536000; includeSubDomains"),
        AsciiString.cached("x-content-type-options"), AsciiString.cached("nosniff"),
        AsciiString.cached("x-frame-options"), AsciiString.cached("SAMEORIGIN"),
    };
    private static final long NANOS_PER_MILLI = 1_000_000;

    /** What an exchange is counted as while nobody has said what is asked for. */
    private static final String OTHER = "Other";

    private final HttpServerRequest request;
    private final Connection connection;
    private final Intake intake;
    private final Edge edge;
    private final long startNanos;
    private @Nullable String requestId;
    private final @Nullable RequestTrace trace;
    private String operation = OTHER;
    private boolean traceHeld;
    private boolean answered;

    Exchange(HttpServerRequest request, Connection connection, Intake intake, Edge edge) {
        this.request = request;
        this.connection = connection;
        this.intake = intake;
        this.edge = edge;
        this.startNanos = intake.startNanos();
        Traces traces = edge.traces();
        this.trace = traces == null ? null : traces.begin(request.getHeader(TRACEPARENT), startNanos);
    }

    /** What is noted of the request because it is traced, which is rare; null if it is not. */
    public @Nullable RequestTrace trace() {
        return trace;
    }

    /** Has the trace wait for {@link #endTrace}, because an operation is under way whose stages belong into it. */
    public void holdTrace() {
        traceHeld = true;
    }

    /** The trace has everything. */
    public void endTrace() {
        Traces traces = edge.traces();
        if (trace != null && traces != null) {
            trace.request(request.method().name(), requestId(), connection.address());
            traces.finish(trace);
        }
    }

    /** The request's head, for routing and parameters. */
    public HttpServerRequest request() {
        return request;
    }

    /** When the request's head arrived, on the clock of {@link System#nanoTime()}. */
    public long startNanos() {
        return startNanos;
    }

    /** The id of this request, in the header and in error messages. */
    public String requestId() {
        String id = requestId;
        if (id == null) {
            id = edge.newRequestId();
            requestId = id;
        }
        return id;
    }

    /** Says what is asked for, by its name in the audit log, so that the answer is counted under it. */
    public void asks(String operationName) {
        operation = operationName;
    }

    /** The event loop's services. */
    public Edge edge() {
        return edge;
    }

    /** The client's address, for the log. */
    public String clientAddress() {
        return connection.address();
    }

    /** Whether what is asked for may be here: the connection's listener is for this plane. */
    public boolean serves(Plane plane) {
        return connection.serves(plane);
    }

    /** Whether the client's address may ask here at all. */
    boolean allowed() {
        return connection.allowed();
    }

    /** Whether the exchange is over: answered, or the client has gone. */
    public boolean over() {
        return answered || request.response().closed();
    }

    /** How long the body may be, in bytes. */
    public int bodyLengthMax() {
        return intake.lengthMax();
    }

    /** Whether the body may be a long one: then the caller is looked at before the body is waited for. */
    public boolean longBody() {
        return intake.lengthMax() > EdgeLimits.BODY_LENGTH_MAX;
    }

    /**
     * Calls back when the whole body is here. Refuses the request itself if the body is too long, too slow, or finds no
     * room.
     */
    public void whenBody(Runnable action) {
        intake.whenSettled(() -> {
            switch (intake.state()) {
                case COMPLETE -> action.run();
                case TOO_LONG -> refuse(WireError.bodyTooLong(intake.lengthMax()));
                case NO_ROOM -> {
                    edge.counters().turnedAway(EdgeCounters.Busy.NO_MEMORY);
                    refuse(WireError.throttled());
                }
                case TOO_SLOW -> refuse(WireError.bodyTooSlow());
                case ARRIVING, CLOSED -> {} // nobody is there to answer
            }
        });
    }

    /** Wipes the body; nobody needs it any more. */
    public void letBodyGo() {
        intake.close();
    }

    /** The whole body, valid until the answer; only inside {@link #whenBody}'s action or after it. */
    public ByteBuf body() {
        return intake.body();
    }

    /** The body as a JSON object, or null if it is none. Asked once: the body is let go. */
    public @Nullable JsonObject json() {
        try {
            return JsonText.object(body());
        } finally {
            letBodyGo();
        }
    }

    /**
     * Goes on with the exchange on its event loop. May be called by any thread. If the client has gone meanwhile, nothing
     * is done; if going on fails, the answer is 500, so that nobody waits for ever.
     */
    public void resume(Runnable next) {
        resume(next, () -> {});
    }

    /** The same, with what is done on the event loop if the client has gone meanwhile. */
    public void resume(Runnable next, Runnable gone) {
        edge.loop().execute(() -> {
            if (over()) {
                letBodyGo();
                gone.run();
                return;
            }
            try {
                next.run();
            } catch (RuntimeException broken) {
                broken(broken);
            }
        });
    }

    /** Ends the exchange after something broke: logged, and answered with 500 unless it is over. */
    public void broken(@Nullable Throwable cause) {
        LOG.error("request {} failed", requestId(), cause);
        if (!over()) {
            refuse(WireError.internal());
        }
    }

    /**
     * Finds out who is asking once the whole body is here, then calls back. A request that brings nothing that could be a
     * token is refused at once: nobody holds a body for it.
     *
     * @param received called when the body is here, before the token is looked at
     * @param action called when the caller is known
     */
    public void whenProven(Runnable received, java.util.function.Consumer<VerifiedToken> action) {
        if (TokenGate.mayProve(request.getHeader("authorization"))) {
            whenBody(() -> {
                received.run();
                authenticate(action);
            });
        } else {
            authenticate(nobody -> {});
        }
    }

    /**
     * Finds out who is asking, then calls back; refuses the request itself if nobody proven is, or if the edge has no room
     * for one more unknown token.
     */
    public void authenticate(java.util.function.Consumer<VerifiedToken> action) {
        edge.tokens().authenticate(this, connection, action);
    }

    /** Answers with a refusal. */
    public void refuse(WireError error) {
        refuse(error, 1);
    }

    /** Answers with a refusal that, if it is a 429 or 503, asks the client to wait. */
    public void refuse(WireError error, long retryAfterSeconds) {
        HttpServerResponse response = head(error.status());
        if (error.status() == 429 || error.status() == 503) {
            response.putHeader("retry-after", Long.toString(retryAfterSeconds));
        }
        end(response, error.body(requestId()).toBuffer());
    }

    /** Answers 401 with the challenge, which names the class of the reason unless there was no token at all. */
    void challenge(RejectionReason reason, Challenge challenge) {
        HttpServerResponse response = head(401);
        response.putHeader("www-authenticate", challenge.text(reason));
        end(response, WireError.unauthorized().body(requestId()).toBuffer());
    }

    /** Answers 200 with a JSON object. */
    public void answer(JsonObject body) {
        end(success(200), body.toBuffer());
    }

    /** Answers with a status of success and a JSON object. */
    public void answer(int status, JsonObject body) {
        end(success(status), body.toBuffer());
    }

    /**
     * Answers 202 with a JSON object: something was begun.
     *
     * @param statusUrl where to ask how far it is, absolute
     * @param retryAfterSeconds when to ask first
     */
    public void accepted(JsonObject body, String statusUrl, int retryAfterSeconds) {
        HttpServerResponse response = success(202);
        response.putHeader("azure-asyncoperation", statusUrl);
        response.putHeader("retry-after", Integer.toString(retryAfterSeconds));
        end(response, body.toBuffer());
    }

    /** Answers with a status and no body. */
    public void answer(int status) {
        HttpServerResponse response = success(status);
        close();
        response.end();
    }

    /**
     * Answers 200 with a JSON text. A client that does not take it within {@link EdgeLimits#LONG_ANSWER_MILLIS_MAX} loses
     * its connection.
     *
     * @param written called when the text has left the heap, or never will; may be called twice
     */
    public void answer(byte[] json, Runnable written) {
        HttpServerResponse response = success(200);
        close();
        long deadline = edge.vertx().setTimer(EdgeLimits.LONG_ANSWER_MILLIS_MAX, late -> {
            var _ = request.connection().close();
            written.run();
        });
        response.end(Buffer.buffer(json)).onComplete(end -> {
            edge.vertx().cancelTimer(deadline);
            written.run();
        });
    }

    /** Answers 200 with bytes of another media type. */
    public void answer(String contentType, byte[] body) {
        HttpServerResponse response = success(200);
        response.putHeader(CONTENT_TYPE, contentType);
        end(response, Buffer.buffer(body));
    }

    /**
     * Answers 200 with JSON that lies in a direct buffer.
     *
     * @param body taken over: wiped and released when it has been written
     * @param serverTiming value of the header {@code server-timing}, or null to send none
     */
    public void answer(ByteBuf body, @Nullable String serverTiming) {
        HttpServerResponse response = success(200);
        if (serverTiming != null) {
            response.putHeader("server-timing", serverTiming);
        }
        close();
        // Vert.x never releases a foreign buffer. When the write is done, TLS has copied it; when it failed, a part may
        // still wait in front of TLS, so the buffer is let go behind whatever the connection has still to write.
        response.end(BufferInternal.buffer(body)).onComplete(written -> {
            if (written.succeeded()) {
                Wipe.release(body);
            } else {
                connection.behindAllWrites(() -> Wipe.release(body));
            }
        });
    }

    private HttpServerResponse success(int status) {
        HttpServerResponse response = head(status);
        response.putHeader(REGION, edge.region());
        response.putHeader(NETWORK_INFO, connection.networkInfo());
        return response;
    }

    private HttpServerResponse head(int status) {
        if (answered) {
            throw new IllegalStateException("an exchange is answered once");
        }
        answered = true;
        edge.counters().answered(operation, status);
        if (trace != null) {
            trace.ended(operation, status, System.nanoTime());
            if (!traceHeld) {
                endTrace();
            }
        }
        HttpServerResponse response = request.response();
        response.setStatusCode(status);
        if (status != 204) {
            response.putHeader(CONTENT_TYPE, JSON);
        }
        for (int i = 0; i < FIXED.length; i += 2) {
            response.putHeader(FIXED[i], FIXED[i + 1]);
        }
        response.putHeader(REQUEST_ID, requestId());
        response.putHeader(SERVER_LATENCY, Long.toString((System.nanoTime() - startNanos) / NANOS_PER_MILLI));
        echoClientRequestId(response);
        return response;
    }

    private void echoClientRequestId(HttpServerResponse response) {
        String id = request.getHeader("x-ms-client-request-id");
        if (id != null && "true".equalsIgnoreCase(request.getHeader("x-ms-return-client-request-id"))) {
            response.putHeader("x-ms-client-request-id", id);
        }
    }

    private void end(HttpServerResponse response, Buffer body) {
        close();
        if (HttpMethod.HEAD.equals(request.method())) {
            response.end();
        } else {
            response.end(body);
        }
    }

    /** Lets go of the body. */
    void close() {
        intake.close();
    }
}
