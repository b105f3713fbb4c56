// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemTrustOptions;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Sends one request after another over TLS, all from one event loop. Over HTTP/2 its headers are indexed (HPACK's dynamic
 * table), so a token is on the wire once for a connection, as with the SDKs' clients.
 */
public final class Sender implements AutoCloseable {
    private static final int STREAMS = 256;
    private static final long CLOSE_SECONDS = 10;

    /** Told on the event loop how a request ended. */
    public interface Ending {
        /**
         * Told once for each request.
         *
         * @param status the HTTP status, or 0 when there was no answer
         */
        void ended(int status);
    }

    private final Vertx vertx;
    private final Context loop;
    private final HttpClient client;
    private final URI base;
    private final String token;

    /**
     * Sends nothing yet.
     *
     * @param base where to send to, without a path
     * @param authority the PEM file of the certificate authority to trust; null trusts everybody, for measuring only
     * @param version HTTP/2 or HTTP/1.1
     * @param connections how many connections at most
     * @param token the bearer token
     */
    public Sender(URI base, @Nullable Path authority, HttpVersion version, int connections, String token) {
        this.base = base;
        this.token = "Bearer " + token;
        vertx = Vertx.vertx();
        loop = vertx.getOrCreateContext();
        HttpClientOptions options = new HttpClientOptions()
                .setSsl("https".equals(base.getScheme()))
                .setProtocolVersion(version)
                .setUseAlpn(true)
                .setHttp2ClearTextUpgrade(false)
                .setHttp2MultiplexingLimit(STREAMS)
                .setTcpNoDelay(true);
        if (authority == null) {
            options.setTrustAll(true).setVerifyHost(false);
        } else {
            options.setTrustOptions(new PemTrustOptions().addCertPath(authority.toString()));
        }
        PoolOptions pool = new PoolOptions()
                .setHttp1MaxSize(connections)
                .setHttp2MaxSize(connections)
                .setMaxWaitQueueSize(-1);
        client = vertx.createHttpClient(options, pool);
    }

    /** Runs something on the event loop from which everything is sent. */
    void onLoop(Runnable task) {
        loop.runOnContext(nothing -> task.run());
    }

    /** Sends a request; the event loop only. */
    void send(Ask ask, Ending ending) {
        RequestOptions options = new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setHost(base.getHost())
                .setPort(base.getPort())
                .setURI(ask.path());
        client.request(options)
                .compose(request -> answered(request, ask.body()))
                .onComplete(ended -> ending.ended(ended.succeeded() ? ended.result() : 0));
    }

    private io.vertx.core.Future<Integer> answered(HttpClientRequest request, String body) {
        return request.putHeader("authorization", token)
                .putHeader("content-type", "application/json")
                .send(Buffer.buffer(body))
                .compose(response -> response.end().map(response.statusCode()));
    }

    @Override
    public void close() {
        try {
            vertx.close().await(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new IllegalStateException("the sender's event loop does not end", e);
        }
    }
}
