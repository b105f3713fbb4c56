// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import dev.managedhsm.gateway.audit.AuditWaiters;
import dev.managedhsm.gateway.wire.WireError;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.internal.buffer.BufferInternal;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is made and has not left yet: status and headers are in the response or, with the body, here. It leaves when its
 * audit event is durable, or is withheld. Used by its connection's event loop only, which calls one of the two once.
 */
abstract sealed class Departure implements AuditWaiters.Answer {
    private static final int THROTTLED = 429;
    private static final int UNAVAILABLE = 503;

    private final Exchange exchange;

    Departure(Exchange exchange) {
        this.exchange = exchange;
    }

    @Override
    public void leave() {
        send();
        exchange.left();
    }

    /** A refusal for which nothing was done says nothing that would have to be recorded first. */
    @Override
    public void withhold(WireError why) {
        int status = exchange.request().response().getStatusCode();
        if (status == THROTTLED || status == UNAVAILABLE) {
            leave();
        } else {
            drop();
            refuse(why);
        }
    }

    /** Nobody gets what was made, because that could not be recorded: this is answered instead. */
    private void refuse(WireError why) {
        HttpServerRequest request = exchange.request();
        request.response().headers().clear();
        AnswerHead.retryAfter(AnswerHead.put(request, why.status(), exchange.requestId()), 1);
        Buffer content = why.body(exchange.requestId()).toBuffer();
        HttpServerResponse response = exchange.leaving();
        var _ = HttpMethod.HEAD.equals(request.method()) ? response.end() : response.end(content);
        exchange.left();
    }

    /** Hands the last headers and the body to the connection. */
    abstract void send();

    /** The response with its last headers. */
    HttpServerResponse leaving() {
        return exchange.leaving();
    }

    /** Lets go of a body that nobody gets. */
    abstract void drop();

    /** A body on the heap, or none. */
    static final class Plain extends Departure {
        private final @Nullable Buffer body;

        Plain(Exchange exchange, @Nullable Buffer body) {
            super(exchange);
            this.body = body;
        }

        @Override
        void send() {
            HttpServerResponse response = leaving();
            var _ = body == null ? response.end() : response.end(body);
        }

        @Override
        void drop() {}
    }

    /** A body in a direct buffer, by a response of Vert.x's. */
    static final class Wiped extends Departure {
        private final SecretBody body;

        Wiped(Exchange exchange, SecretBody body) {
            super(exchange);
            this.body = body;
        }

        @Override
        void send() {
            // Vert.x never releases a foreign buffer
            leaving().end(BufferInternal.buffer(body.bytes())).onComplete(written -> body.left(written.succeeded()));
        }

        @Override
        void drop() {
            body.letGo();
        }
    }

    /** Such a body with status 200, past Vert.x's response, which is left as it was until then, with 200 too. */
    static final class Direct extends Departure {
        private final HttpServerRequest request;
        private final Answers answers;
        private final SuccessHead head;
        private final Ending ending;
        private final SecretBody body;

        Direct(Exchange exchange, Answers answers, SuccessHead head, Ending ending, SecretBody body) {
            super(exchange);
            this.request = exchange.request();
            this.answers = answers;
            this.head = head;
            this.ending = ending;
            this.body = body;
        }

        @Override
        void send() {
            ending.leaving(head);
            if (answers.open(request)) {
                answers.send(request, head, body);
            } else {
                drop();
            }
        }

        @Override
        void drop() {
            body.letGo();
        }
    }

    /** A long text, for which a client has {@link EdgeLimits#LONG_ANSWER_MILLIS_MAX}. */
    static final class LongText extends Departure {
        private final Exchange exchange;
        private final byte[] text;
        private final Runnable written;

        LongText(Exchange exchange, byte[] text, Runnable written) {
            super(exchange);
            this.exchange = exchange;
            this.text = text;
            this.written = written;
        }

        @Override
        void send() {
            HttpServerResponse response = leaving();
            long deadline = exchange.edge().vertx().setTimer(EdgeLimits.LONG_ANSWER_MILLIS_MAX, late -> {
                var _ = exchange.request().connection().close();
                written.run();
            });
            response.end(Buffer.buffer(text)).onComplete(end -> {
                exchange.edge().vertx().cancelTimer(deadline);
                written.run();
            });
        }

        @Override
        void drop() {
            written.run();
        }
    }
}
