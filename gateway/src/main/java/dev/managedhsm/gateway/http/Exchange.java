// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import dev.managedhsm.auth.token.Challenge;
import dev.managedhsm.auth.token.RejectionReason;
import dev.managedhsm.auth.token.VerifiedToken;
import dev.managedhsm.crypto.latency.LatencyRecorder;
import dev.managedhsm.crypto.operation.StageTimes;
import dev.managedhsm.gateway.audit.AuditEvent;
import dev.managedhsm.gateway.wire.WireError;
import io.netty.buffer.ByteBuf;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request and its one answer. Used by its connection's event loop only.
 *
 * <p>Every answer, also every refusal, goes through here and so carries the standard headers and a request id; the second
 * answer of an exchange is a programmer's mistake. The body is wiped when the answer is given.
 *
 * <p>Here every request ends, also the one whose client has gone, so here its audit event is handed over; the answer leaves when
 * that is durable ({@link Departure}).
 */
public final class Exchange {
    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);

    private final HttpServerRequest request;
    private final @Nullable String path;
    private final @Nullable String query;
    private final Connection connection;
    private final RequestBody body;
    private final Edge edge;
    private final long startNanos;
    private final Ending ending;
    private @Nullable String requestId;
    private boolean answered;
    private boolean lastOfConnection;

    Exchange(HttpServerRequest request, Connection connection, Intake intake, Edge edge) {
        this.request = request;
        this.path = request.path(); // Vert.x makes a new text each time
        this.query = request.query();
        this.connection = connection;
        this.body = new RequestBody(this, intake);
        this.edge = edge;
        this.startNanos = intake.startNanos();
        this.ending = new Ending(this, edge);
    }

    /** The request's head, for routing and parameters. */
    public HttpServerRequest request() {
        return request;
    }

    /** The path that was asked for, percent-encoded as it came; null if there is none. */
    public @Nullable String path() {
        return path;
    }

    /** The query behind the path, percent-encoded as it came; null if there is none. */
    public @Nullable String query() {
        return query;
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
        ending.asks(operationName);
    }

    /** What is known of this request for the audit log; told as it becomes known. */
    public AuditEvent event() {
        return ending.event();
    }

    /** Whether this request is recorded in the audit log. */
    boolean recorded() {
        return ending.recorded();
    }

    /** Who is asking, proven. */
    void proven(VerifiedToken token) {
        event().caller(connection.caller(token));
    }

    /**
     * An operation has come back from the machine; its last stages end when the answer is made and when it leaves.
     *
     * @param stages the stages so far
     * @param recorder records all of them when the answer leaves
     */
    public void timed(StageTimes stages, LatencyRecorder recorder) {
        ending.timed(stages, recorder);
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

    /** The request's body. */
    public RequestBody body() {
        return body;
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
                gone();
                gone.run();
            } else {
                attempt(next);
            }
        });
    }

    /**
     * Goes on with the exchange on its event loop, also if the client has gone meanwhile: what a change came to is recorded as
     * it would have been answered. May be called by any thread.
     *
     * @param next answers or refuses; if it breaks off, the answer is 500
     */
    public void conclude(Runnable next) {
        edge.loop().execute(() -> {
            if (!answered) {
                attempt(next);
            }
        });
    }

    /** Does something on the event loop once what it does now has ended, whatever becomes of the exchange. May be called by any thread. */
    public void afterwards(Runnable task) {
        edge.loop().execute(task);
    }

    private void attempt(Runnable next) {
        try {
            next.run();
        } catch (RuntimeException broken) {
            broken(broken);
        }
    }

    /**
     * Ends the exchange after something broke: logged, and answered with 500. Where nobody waits for an answer any more, that is
     * recorded.
     */
    public void broken(@Nullable Throwable cause) {
        LOG.error("request {} failed", requestId(), cause);
        if (over()) {
            gone();
        } else {
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
    public void whenProven(Runnable received, Consumer<VerifiedToken> action) {
        if (TokenGate.mayProve(request.getHeader("authorization"))) {
            body.whenHere(() -> {
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
    public void authenticate(Consumer<VerifiedToken> action) {
        edge.tokens().authenticate(this, connection, action);
    }

    /** Answers with a refusal. */
    public void refuse(WireError error) {
        refuse(error, 1);
    }

    /** Answers with a refusal that, if it is a 429 or 503, asks the client to wait. */
    public void refuse(WireError error, long retryAfterSeconds) {
        AnswerHead.retryAfter(head(error.status()), retryAfterSeconds);
        event().refused(error);
        end(error.body(requestId()).toBuffer());
    }

    /** Answers 401 with the challenge, which names the class of the reason unless there was no token at all. */
    void challenge(RejectionReason reason, Challenge challenge) {
        HttpServerResponse response = head(401);
        response.putHeader("www-authenticate", challenge.text(reason));
        event().rejected(reason);
        event().refused(WireError.unauthorized());
        end(WireError.unauthorized().body(requestId()).toBuffer());
    }

    /** Answers 200 with a JSON object. */
    public void answer(JsonObject content) {
        answer(200, content);
    }

    /** Answers with a status of success and a JSON object. */
    public void answer(int status, JsonObject content) {
        success(status);
        end(content.toBuffer());
    }

    /**
     * Answers 202 with a JSON object: something was begun.
     *
     * @param statusUrl where to ask how far it is, absolute
     * @param retryAfterSeconds when to ask first
     */
    public void accepted(JsonObject content, String statusUrl, int retryAfterSeconds) {
        HttpServerResponse response = success(202);
        response.putHeader("azure-asyncoperation", statusUrl);
        response.putHeader("retry-after", Integer.toString(retryAfterSeconds));
        end(content.toBuffer());
    }

    /** Answers with a status and no body. */
    public void answer(int status) {
        success(status);
        end(null);
    }

    /**
     * Answers 200 with a long text. A client that does not take it within {@link EdgeLimits#LONG_ANSWER_MILLIS_MAX} loses
     * its connection.
     *
     * @param written called when the text has left the heap, or never will; may be called twice
     */
    public void answer(String contentType, byte[] text, Runnable written) {
        success(200).putHeader(AnswerHead.CONTENT_TYPE, contentType);
        depart(new Departure.LongText(this, text, written));
    }

    /** Answers 200 with bytes of another media type. */
    public void answer(String contentType, byte[] content) {
        HttpServerResponse response = success(200);
        response.putHeader(AnswerHead.CONTENT_TYPE, contentType);
        end(Buffer.buffer(content));
    }

    /**
     * Answers with a page of the HSM's own, or a part of one.
     *
     * @param headers take the place of standard ones of the same name
     * @param content null for an answer without
     */
    public void page(int status, Map<String, String> headers, @Nullable Buffer content) {
        HttpServerResponse response = head(status);
        headers.forEach(response::putHeader);
        if (content == null) {
            response.headers().remove(AnswerHead.CONTENT_TYPE);
        }
        end(content);
    }

    /**
     * Begins an answer of 200 that goes on until one side ends it; none that is recorded.
     *
     * @return takes what is to be sent; has nothing sent yet
     */
    public HttpServerResponse stream(String contentType) {
        head(200).putHeader(AnswerHead.CONTENT_TYPE, contentType);
        body.letGo();
        return leaving().setChunked(true);
    }

    /**
     * Answers 200 with JSON that lies in a direct buffer.
     *
     * @param content taken over: wiped when it has been written, then given back to {@link Edge#bodies()} or released
     * @param serverTiming value of the header {@code server-timing}, or null to send none
     */
    public void answer(ByteBuf content, @Nullable String serverTiming) {
        SecretBody secret = new SecretBody(connection, edge.bodies(), content);
        Answers direct = connection.answers();
        if (direct != null && direct.suits(request)) {
            begin(200);
            SuccessHead head = AnswerHead.success(this, connection, serverTiming);
            depart(new Departure.Direct(this, direct, head, ending, secret));
            return;
        }
        HttpServerResponse response = success(200);
        if (serverTiming != null) {
            response.putHeader(AnswerHead.SERVER_TIMING, serverTiming);
        }
        depart(new Departure.Wiped(this, secret));
    }

    private HttpServerResponse success(int status) {
        HttpServerResponse response = head(status);
        response.putHeader(AnswerHead.REGION, edge.region());
        response.putHeader(AnswerHead.NETWORK_INFO, connection.networkInfo());
        return response;
    }

    private HttpServerResponse head(int status) {
        begin(status);
        return AnswerHead.put(request, status, requestId());
    }

    private void begin(int status) {
        if (answered) {
            throw new IllegalStateException("an exchange is answered once");
        }
        answered = true;
        edge.counters().answered(ending.asked(), status);
        edge.pulse().answered(status);
    }

    private void end(@Nullable Buffer content) {
        boolean head = HttpMethod.HEAD.equals(request.method());
        depart(new Departure.Plain(this, head ? null : content));
    }

    private void depart(Departure departure) {
        body.letGo();
        ending.depart(departure);
    }

    /** The client has gone before there was an answer: nothing is sent, and that is recorded. */
    public void gone() {
        body.letGo();
        if (!answered) {
            ending.gone();
        }
    }

    /** Answers with a refusal, after which the connection ends. */
    void refuseLast(WireError error) {
        lastOfConnection = true;
        refuse(error);
    }

    /** The answer leaves now: the response with its last headers. */
    HttpServerResponse leaving() {
        return ending.leaving();
    }

    /** The answer has been handed to the connection. */
    void left() {
        if (lastOfConnection) {
            var _ = request.connection().close();
        }
    }
}
