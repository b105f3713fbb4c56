// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import dev.managedhsm.gateway.audit.AuditWaiters;
import dev.managedhsm.gateway.wire.WireError;
import io.netty.buffer.ByteBuf;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.internal.buffer.BufferInternal;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is made and has not left yet: status and headers are in the response, the body is here. It leaves when its
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
        send(exchange.leaving());
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
            exchange.withheld(why);
        }
    }

    /** Hands the body to the connection. */
    abstract void send(HttpServerResponse response);

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
        void send(HttpServerResponse response) {
            var _ = body == null ? response.end() : response.end(body);
        }

        @Override
        void drop() {}
    }

    /** A body in a direct buffer, which is wiped and given back when it has been written. */
    static final class Wiped extends Departure {
        private final Connection connection;
        private final BodyBuffers buffers;
        private final ByteBuf body;

        Wiped(Exchange exchange, Connection connection, ByteBuf body) {
            super(exchange);
            this.connection = connection;
            this.buffers = exchange.edge().bodies();
            this.body = body;
        }

        @Override
        void send(HttpServerResponse response) {
            // Vert.x never releases a foreign buffer. When the write is done, TLS has copied it; when it failed, a part
            // may
            // still wait in front of TLS, so the buffer is let go behind whatever the connection has still to write.
            response.end(BufferInternal.buffer(body)).onComplete(written -> {
                if (written.succeeded()) {
                    buffers.giveBack(body);
                } else {
                    connection.behindAllWrites(() -> buffers.giveBack(body));
                }
            });
        }

        @Override
        void drop() {
            buffers.giveBack(body);
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
        void send(HttpServerResponse response) {
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
