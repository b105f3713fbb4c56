// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.dashboard;

import dev.managedhsm.gateway.http.Exchange;
import dev.managedhsm.gateway.pulse.Looker;
import dev.managedhsm.gateway.pulse.Pulse;
import dev.managedhsm.gateway.wire.WireError;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongPredicate;

/**
 * One browser that follows the pulse, by server-sent events read with {@code fetch}: an {@code EventSource} cannot carry a
 * token. Owned by its connection's event loop; the pulse's thread only hands events over.
 *
 * <p>It ends when its token expires, when the right is taken back, and when the browser does not read: what it has not taken
 * is bounded by {@link #UNREAD_MAX} events.
 */
public final class DashboardStream implements Looker {
    /** The path, without query. */
    public static final String PATH = "/dashboard/stream";

    private static final int UNREAD_MAX = 15;
    private static final long MILLIS_PER_SECOND = 1_000;
    private static final byte[] OVER = "event: over\ndata: {}\n\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

    private final Exchange exchange;
    private final HttpServerResponse response;
    private final Pulse pulse;
    private final LongPredicate allowed;
    private int unread;
    private boolean ended;

    private DashboardStream(Exchange exchange, HttpServerResponse response, Pulse pulse, LongPredicate allowed) {
        this.exchange = exchange;
        this.response = response;
        this.pulse = pulse;
        this.allowed = allowed;
    }

    /**
     * Begins to tell a browser that may see it. On the exchange's event loop.
     *
     * @param pulse what is told
     * @param allowed whether it may still be told at a time in Unix seconds; asked at each event
     */
    public static void begin(Exchange exchange, Pulse pulse, LongPredicate allowed) {
        if (pulse.full()) {
            exchange.refuse(WireError.throttled());
            return;
        }
        HttpServerResponse response = exchange.stream("text/event-stream; charset=utf-8");
        DashboardStream stream = new DashboardStream(exchange, response, pulse, allowed);
        response.closeHandler(gone -> stream.end());
        response.exceptionHandler(gone -> stream.end());
        var _ = response.writeHead();
        if (!pulse.join(stream)) {
            stream.end(); // the last place went to somebody else meanwhile
        }
    }

    @Override
    public void see(byte[] event) {
        onLoop(() -> send(event));
    }

    @Override
    public void over() {
        onLoop(() -> {
            if (!ended) {
                var _ = response.write(Buffer.buffer(OVER));
                end();
            }
        });
    }

    private void onLoop(Runnable task) {
        try {
            exchange.edge().loop().execute(task);
        } catch (RejectedExecutionException gone) {
            pulse.leave(this);
        }
    }

    private void send(byte[] event) {
        if (ended) {
            return;
        }
        if (!allowed.test(System.currentTimeMillis() / MILLIS_PER_SECOND)) {
            var _ = response.write(Buffer.buffer(OVER));
            end();
        } else if (!response.writeQueueFull()) {
            unread = 0;
            var _ = response.write(Buffer.buffer(event));
        } else if (++unread > UNREAD_MAX) {
            end();
            var _ = response.reset();
        }
    }

    private void end() {
        if (ended) {
            return;
        }
        ended = true;
        pulse.leave(this);
        if (!response.ended() && !response.closed()) {
            var _ = response.end();
        }
    }
}
