// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.identity;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.net.BindException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * A small HTTP/1.1 server with an event loop of its own, which is why a request may compute and read small files on it:
 * nobody else waits there. Starting and closing block; call them from no event loop.
 */
final class IdentityServer implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofSeconds(10);
    private static final int IDLE_SECONDS = 30;
    private static final int FORM_LENGTH_MAX = 32 * 1024;

    private final BiFunction<HttpServerRequest, String, JsonAnswer> handler;
    private final Vertx vertx;
    private volatile int port;
    private volatile @Nullable HttpServer http;

    /**
     * What is answered.
     *
     * @param status the HTTP status
     * @param body JSON
     */
    record JsonAnswer(int status, JsonObject body) {
        /** The error body of the protocols. */
        static JsonAnswer refusal(int status, String error, String description) {
            return new JsonAnswer(status, new JsonObject().put("error", error).put("error_description", description));
        }
    }

    private IdentityServer(BiFunction<HttpServerRequest, String, JsonAnswer> handler) {
        this.handler = handler;
        this.vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                .setFileSystemOptions(new FileSystemOptions()
                        .setClassPathResolvingEnabled(false)
                        .setFileCachingEnabled(false)));
    }

    /**
     * Starts to listen.
     *
     * @param options address, port and TLS; port 0 takes a free one
     * @param orAnother whether another free port is taken when the wanted one is not free
     * @param handler what is answered to a request with this body
     * @throws IOException when it cannot listen
     */
    static IdentityServer start(
            HttpServerOptions options, boolean orAnother, BiFunction<HttpServerRequest, String, JsonAnswer> handler)
            throws IOException {
        IdentityServer server = new IdentityServer(handler);
        try {
            server.port = server.listenNear(options, orAnother);
            return server;
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    int port() {
        return port;
    }

    /** Speaks TLS to new connections with another certificate; waits until it does. */
    void use(PemKeyCertOptions keyPair) {
        HttpServer listening = http;
        if (listening == null) {
            throw new IllegalStateException("it does not listen yet");
        }
        ServerSSLOptions options = new ServerSSLOptions();
        options.setKeyCertOptions(keyPair);
        try {
            listening
                    .updateSSLOptions(options, true)
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(START_LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the token endpoint does not take the new certificate", e);
        }
    }

    /** Stops listening and ends the event loop; waits for both. */
    @Override
    public void close() {
        try {
            vertx.close().toCompletionStage().toCompletableFuture().get(START_LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the managed-identity endpoint did not close", e);
        }
    }

    private int listenNear(HttpServerOptions options, boolean orAnother) throws IOException {
        try {
            return listen(options);
        } catch (BindException e) {
            if (options.getPort() == 0 || !orAnother) {
                throw e;
            }
            return listen(new HttpServerOptions(options).setPort(0));
        }
    }

    private int listen(HttpServerOptions options) throws IOException {
        options.setHttp2ClearTextEnabled(false).setIdleTimeout(IDLE_SECONDS);
        HttpServer server = vertx.createHttpServer(options).requestHandler(this::handle);
        http = server;
        try {
            return server.listen()
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(START_LIMIT.toSeconds(), TimeUnit.SECONDS)
                    .actualPort();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while starting to listen", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException cause ? cause : new IOException("cannot listen", e);
        } catch (TimeoutException e) {
            throw new IOException("cannot listen within " + START_LIMIT, e);
        }
    }

    /** The body is gathered by hand, so that one that is too long is never held. */
    private void handle(HttpServerRequest request) {
        StringBuilder body = new StringBuilder();
        request.handler(chunk -> {
            if (body.length() <= FORM_LENGTH_MAX) {
                body.append(chunk.toString("ISO-8859-1"));
            } else {
                var _ = request.connection().close();
            }
        });
        request.endHandler(end -> answer(
                request,
                body.length() > FORM_LENGTH_MAX
                        ? JsonAnswer.refusal(413, "invalid_request", "The body is too long.")
                        : handler.apply(request, body.toString())));
    }

    private static void answer(HttpServerRequest request, JsonAnswer answer) {
        var _ = request.response()
                .setStatusCode(answer.status())
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json; charset=utf-8")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                .end(answer.body().toBuffer());
    }
}
