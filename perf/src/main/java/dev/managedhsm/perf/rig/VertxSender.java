// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.net.PemTrustOptions;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Sends over HTTP/1.1, one request after another on each connection. */
final class VertxSender implements Sender {
    private static final long CLOSE_SECONDS = 10;

    private final Vertx vertx;
    private final Context loop;
    private final HttpClient client;
    private final URI base;
    private final String token;

    VertxSender(URI base, @Nullable Path authority, int connections, String token) {
        this.base = base;
        this.token = "Bearer " + token;
        vertx = Vertx.vertx();
        loop = vertx.getOrCreateContext();
        HttpClientOptions options = new HttpClientOptions()
                .setSsl("https".equals(base.getScheme()))
                .setProtocolVersion(HttpVersion.HTTP_1_1)
                .setTcpNoDelay(true);
        if (authority == null) {
            options.setTrustAll(true).setVerifyHost(false);
        } else {
            options.setTrustOptions(new PemTrustOptions().addCertPath(authority.toString()));
        }
        PoolOptions pool = new PoolOptions().setHttp1MaxSize(connections).setMaxWaitQueueSize(-1);
        client = vertx.createHttpClient(options, pool);
    }

    @Override
    public void onLoop(Runnable task) {
        loop.runOnContext(nothing -> task.run());
    }

    @Override
    public void after(long nanos, Runnable task) {
        var _ = ((ContextInternal) loop).nettyEventLoop().schedule(() -> onLoop(task), nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void send(Ask ask, Ending ending) {
        RequestOptions options = new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setHost(base.getHost())
                .setPort(base.getPort())
                .setURI(ask.path());
        client.request(options)
                .compose(request -> answered(request, ask.body()))
                .onComplete(ended -> {
                    HttpClientResponse response = ended.succeeded() ? ended.result() : null;
                    if (response == null) {
                        ending.ended(0, -1);
                    } else {
                        String wait = response.getHeader("retry-after");
                        ending.ended(response.statusCode(), wait == null ? -1 : Integer.parseInt(wait));
                    }
                });
    }

    private Future<HttpClientResponse> answered(HttpClientRequest request, String body) {
        return request.putHeader("authorization", token)
                .putHeader("content-type", "application/json")
                .send(Buffer.buffer(body))
                .compose(response -> response.end().map(response));
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
