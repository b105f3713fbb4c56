// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import io.netty.channel.ChannelPipeline;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.util.AsciiString;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.OpenSSLEngineOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.core.transport.Transport;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What a Vert.x server costs that does nothing: it reads a request's body and answers with the bytes and as many headers as
 * the gateway answers with. Transport, TLS and flushing are the gateway's.
 */
final class BareServer implements AutoCloseable {
    private static final long WAIT_SECONDS_MAX = 20;
    private static final int FLUSHES_CONSOLIDATED = 256;

    /** A free one, the same for all instances of a verticle. */
    private static final int FREE_PORT = -1;

    /** The gateway's headers of an answer, with values of the same length. */
    private static final CharSequence[] HEADERS = {
        "content-type", "application/json; charset=utf-8",
        "cache-control", "no-cache",
        "content-security-policy", "default-src 'self'",
        "strict-transport-security", "max-age=31536000; includeSubDomains",
        "x-content-type-options", "nosniff",
        "x-frame-options", "SAMEORIGIN",
        "x-ms-request-id", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "x-ms-server-latency", "0",
        "x-ms-keyvault-region", "local",
        "x-ms-keyvault-network-info", "conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=Ipv4;",
    };

    private final Vertx vertx;
    private final CharSequence[] headers = new CharSequence[HEADERS.length];
    private final Buffer body;
    private volatile int port;
    private volatile long threadId;

    private BareServer(Vertx vertx) {
        this.vertx = vertx;
        for (int i = 0; i < headers.length; i++) {
            headers[i] = AsciiString.cached(HEADERS[i].toString());
        }
        String answer = "{\"kid\":\"https://localhost:8443/keys/measured/" + "0".repeat(32) + "\",\"value\":\""
                + "v".repeat(86) + "\"}";
        this.body = Buffer.buffer(answer.getBytes(StandardCharsets.US_ASCII));
    }

    /**
     * Starts it on a free port of loopback.
     *
     * @param eventLoops how many share the port
     */
    static BareServer start(Certificate certificate, int eventLoops) throws IOException {
        VertxOptions options = new VertxOptions().setEventLoopPoolSize(eventLoops);
        Transport epoll = Transport.EPOLL;
        boolean available = epoll != null && epoll.available();
        Vertx vertx = Vertx.builder()
                .with(options)
                .withTransport(available ? epoll : Transport.NIO)
                .build();
        BareServer server = new BareServer(vertx);
        try {
            var _ = vertx.deployVerticle(
                            () -> server.new Loop(options(certificate)),
                            new DeploymentOptions().setInstances(eventLoops))
                    .await(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
            return server;
        } catch (TimeoutException e) {
            throw new IOException("the bare server did not start", e);
        }
    }

    /** It on one event loop. */
    private final class Loop extends VerticleBase {
        private final HttpServerOptions options;

        Loop(HttpServerOptions options) {
            this.options = options;
        }

        @Override
        public Future<?> start() {
            return super.vertx
                    .createHttpServer(options)
                    .connectionHandler(connection -> {
                        ChannelPipeline pipeline =
                                ((ConnectionBase) connection).channel().pipeline();
                        pipeline.addAfter("ssl", "flush", new FlushConsolidationHandler(FLUSHES_CONSOLIDATED, true));
                    })
                    .requestHandler(BareServer.this::received)
                    .listen(FREE_PORT, "127.0.0.1")
                    .onSuccess(http -> port = http.actualPort());
        }
    }

    private static HttpServerOptions options(Certificate certificate) {
        HttpServerOptions options = new HttpServerOptions()
                .setSsl(true)
                .setUseAlpn(true)
                .setKeyCertOptions(new PemKeyCertOptions()
                        .addCertPath(path(certificate.chain()))
                        .addKeyPath(path(certificate.key())))
                .setHttp2MultiplexImplementation(false);
        if (OpenSSLEngineOptions.isAvailable()) {
            options.setSslEngineOptions(new OpenSSLEngineOptions());
        }
        return options;
    }

    private static String path(Path file) {
        return file.toString();
    }

    private void received(HttpServerRequest request) {
        threadId = Thread.currentThread().threadId();
        request.bodyHandler(whole -> {
            if (whole.length() == 0) {
                throw new IllegalStateException("the rig sends bodies");
            }
            MultiMap answer = request.response().headers();
            for (int i = 0; i < headers.length; i += 2) {
                answer.add(headers[i], headers[i + 1]);
            }
            request.response().end(body);
        });
    }

    URI url() {
        return URI.create("https://localhost:" + port);
    }

    /** The thread that has answered; 0 before the first request. */
    long threadId() {
        return threadId;
    }

    @Override
    public void close() {
        try {
            vertx.close().await(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new IllegalStateException("the bare server does not end", e);
        }
    }
}
