// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.identity;

import dev.managedhsm.auth.token.KeyFetch;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Gets key sets and provider metadata over HTTPS, on the gateway's event loops. The server's certificate and name are
 * verified, nothing is followed, and an answer is 200 with at most {@link KeyFetch#LENGTH_MAX} bytes of UTF-8 in {@value
 * #ANSWER_MILLIS_MAX} ms.
 *
 * <p>Any thread may call it. Its connections end with each answer, its clients with the Vert.x they run on.
 */
public final class KeySetDownload implements KeyFetch {
    private static final int CONNECT_MILLIS_MAX = 5_000;
    private static final int ANSWER_MILLIS_MAX = 6_000;
    private static final int HEADERS_LENGTH_MAX = 16 * 1024;
    private static final int OK = 200;

    private final Vertx vertx;

    /** By the file of trusted certificates; the empty path stands for those of this Java. Held, or they would close. */
    private final Map<Path, HttpClient> clients = new ConcurrentHashMap<>();

    /** Downloads on the event loops of this Vert.x. */
    public KeySetDownload(Vertx vertx) {
        this.vertx = vertx;
    }

    @Override
    public CompletionStage<String> fetch(URI url, @Nullable Path trustedCertificates) {
        if (!"https".equalsIgnoreCase(url.getScheme())) {
            throw new IllegalArgumentException("only https is fetched");
        }
        Path trust = trustedCertificates == null ? Path.of("") : trustedCertificates;
        RequestOptions request = new RequestOptions()
                .setMethod(HttpMethod.GET)
                .setAbsoluteURI(url.toString())
                .setFollowRedirects(false)
                .setConnectTimeout(CONNECT_MILLIS_MAX)
                .putHeader("accept", "application/json")
                .setTimeout(ANSWER_MILLIS_MAX);
        return clients.computeIfAbsent(trust, this::client)
                .request(request)
                .compose(begun -> begun.send().compose(KeySetDownload::body))
                .recover(failure -> Future.failedFuture(new IOException(reason(failure))))
                .toCompletionStage();
    }

    private HttpClient client(Path trust) {
        HttpClientOptions options = new HttpClientOptions()
                .setSsl(true)
                .setVerifyHost(true)
                .setEnabledSecureTransportProtocols(new LinkedHashSet<>(List.of("TLSv1.3", "TLSv1.2")))
                .setProtocolVersion(HttpVersion.HTTP_1_1)
                .setKeepAlive(false)
                .setMaxHeaderSize(HEADERS_LENGTH_MAX)
                .setConnectTimeout(CONNECT_MILLIS_MAX);
        if (!trust.toString().isEmpty()) {
            options.setTrustOptions(new PemTrustOptions().addCertPath(trust.toString()));
        }
        return vertx.createHttpClient(options);
    }

    private static Future<String> body(HttpClientResponse response) {
        if (response.statusCode() != OK) {
            response.exceptionHandler(reset -> {}); // our own, the next line
            var _ = response.request().reset();
            return Future.failedFuture("the server answered " + response.statusCode());
        }
        Promise<String> promise = Promise.promise();
        response.exceptionHandler(promise::tryFail);
        Buffer received = Buffer.buffer();
        response.handler(chunk -> {
            if (received.length() + chunk.length() > LENGTH_MAX) {
                promise.tryFail("the answer is longer than " + LENGTH_MAX + " bytes");
                var _ = response.request().reset();
            } else {
                received.appendBuffer(chunk);
            }
        });
        response.endHandler(end -> decode(received, promise));
        return promise.future();
    }

    /** What went wrong, and what caused that in the end: of a failed handshake only the last one tells. */
    private static String reason(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String first = String.valueOf(failure.getMessage());
        String last = String.valueOf(root.getMessage());
        return first.contains(last) ? first : first + ", " + last;
    }

    private static void decode(Buffer received, Promise<String> promise) {
        try {
            promise.tryComplete(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(received.getBytes()))
                    .toString());
        } catch (CharacterCodingException e) {
            promise.tryFail("the answer is not UTF-8");
        }
    }
}
