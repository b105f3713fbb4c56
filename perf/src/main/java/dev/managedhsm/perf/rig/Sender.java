// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests over TLS, all from one event loop. A token is on the wire once for a connection of HTTP/2, because its
 * headers are indexed (HPACK's dynamic table), as with the SDKs' clients.
 */
public sealed interface Sender extends AutoCloseable permits Http2Sender, VertxSender {
    /** Told on the event loop how a request ended. */
    interface Ending {
        /**
         * Told once for each request.
         *
         * @param status the HTTP status, or 0 when there was no answer
         * @param retryAfterSeconds what the answer says of when to come again, or -1
         */
        void ended(int status, int retryAfterSeconds);
    }

    /**
     * One that has not sent anything.
     *
     * @param base where to send to, without a path
     * @param authority the PEM file of the certificate authority to trust; null trusts everybody, for measuring only
     * @param version HTTP/2 or HTTP/1.1
     * @param connections how many connections at most
     * @param token the bearer token
     * @throws IOException if a connection cannot be had
     */
    static Sender to(URI base, @Nullable Path authority, HttpVersion version, int connections, String token)
            throws IOException {
        return version == HttpVersion.HTTP_2
                ? new Http2Sender(base, authority, connections, token)
                : new VertxSender(base, authority, connections, token);
    }

    /** Runs something on the event loop from which everything is sent. */
    void onLoop(Runnable task);

    /** Runs something on that event loop after so many nanoseconds; the event loop only. */
    void after(long nanos, Runnable task);

    /** Sends a request; the event loop only. */
    void send(Ask ask, Ending ending);

    @Override
    void close();
}
