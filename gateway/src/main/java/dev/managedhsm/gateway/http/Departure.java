// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import dev.managedhsm.gateway.audit.AuditWaiters;
import dev.managedhsm.gateway.wire.WireError;
import io.netty.buffer.ByteBuf;
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

    /** A body in a direct buffer, which is wiped and given back when it has been written. */
    private record DirectBody(Connection connection, BodyBuffers buffers, ByteBuf bytes) {
        /**
         * When the write is done, TLS has copied the body; when it failed, a part may still wait in front of TLS, so the buffer is
         * let go behind whatever the connection has still to write.
         */
        void left(boolean written) {
            if (written) {
                buffers.giveBack(bytes);
            } else {
                connection.behindAllWrites(() -> buffers.giveBack(bytes));
            }
        }
    }

    /** Such a body, by a response of Vert.x's. */
    static final class Wiped extends Departure {
        private final DirectBody body;

        Wiped(Exchange exchange, Connection connection, ByteBuf body) {
            super(exchange);
            this.body = new DirectBody(connection, exchange.edge().bodies(), body);
        }

        @Override
        void send() {
            // Vert.x never releases a foreign buffer
            leaving().end(BufferInternal.buffer(body.bytes())).onComplete(written -> body.left(written.succeeded()));
        }

        @Override
        void drop() {
            body.left(true);
        }
    }

    /** Such a body with status 200 on a stream of HTTP/2, as frames; the response is left as it was, with 200 too. */
    static final class Frames extends Departure {
        private final int stream;
        private final Http2Answers answers;
        private final Http2Head head;
        private final Ending ending;
        private final DirectBody body;

        Frames(
                Exchange exchange,
                Connection connection,
                Http2Answers answers,
                Http2Head head,
                Ending ending,
                ByteBuf body) {
            super(exchange);
            this.stream = (int) exchange.request().streamId(); // HTTP/2: 31 bits
            this.answers = answers;
            this.head = head;
            this.ending = ending;
            this.body = new DirectBody(connection, exchange.edge().bodies(), body);
        }

        @Override
        void send() {
            ending.leaving(head);
            if (answers.open(stream)) {
                head.length(body.bytes().readableBytes());
                answers.send(stream, head, body.bytes(), written -> body.left(written.isSuccess()));
            } else {
                drop();
            }
        }

        @Override
        void drop() {
            body.left(true);
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
