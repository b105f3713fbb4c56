// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.attestation;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemTrustOptions;
import java.net.URI;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Fetches documents from one authority's host, bounded in time and length, without following redirects. Any thread may
 * ask; answers come on an event loop.
 */
final class Documents implements AutoCloseable {
    private final HttpClient client;

    /** @param authority whose host, and who vouches for the host's certificate */
    Documents(Vertx vertx, AttestationAuthority authority) {
        HttpClientOptions options = new HttpClientOptions()
                .setSsl(true)
                .setVerifyHost(true)
                .setConnectTimeout((int) AttestationLimits.CONNECT_MAX.toMillis())
                .setSslHandshakeTimeout(AttestationLimits.CONNECT_MAX.toSeconds())
                .setIdleTimeout((int) AttestationLimits.DOCUMENT_MAX.toSeconds())
                .setIdleTimeoutUnit(TimeUnit.SECONDS)
                .setKeepAlive(false)
                .setDecompressionSupported(false);
        if (authority.trustedCertificates() != null) {
            options.setTrustOptions(new PemTrustOptions()
                    .addCertPath(authority.trustedCertificates().toString()));
        }
        this.client = vertx.createHttpClient(options, new PoolOptions().setHttp1MaxSize(1));
    }

    /** The document at an https address; ends with {@link AuthorityUnreachable} if it cannot be had. */
    CompletionStage<byte[]> fetch(URI address) {
        String path = address.getRawPath() == null || address.getRawPath().isEmpty() ? "/" : address.getRawPath();
        RequestOptions options = new RequestOptions()
                .setMethod(HttpMethod.GET)
                .setSsl(true)
                .setHost(address.getHost())
                .setPort(AttestationAuthority.port(address))
                .setURI(address.getRawQuery() == null ? path : path + '?' + address.getRawQuery())
                .setFollowRedirects(false)
                .putHeader("accept", "application/json");
        AtomicReference<@Nullable HttpClientRequest> begun = new AtomicReference<>();
        return client.request(options)
                .compose(request -> {
                    begun.set(request);
                    return document(request);
                })
                .timeout(AttestationLimits.DOCUMENT_MAX.toMillis(), TimeUnit.MILLISECONDS)
                .onFailure(late -> {
                    HttpClientRequest request = begun.get();
                    if (request != null) {
                        request.reset();
                    }
                })
                .recover(failure -> Future.failedFuture(
                        failure instanceof AuthorityUnreachable
                                ? failure
                                : new AuthorityUnreachable(address + " does not answer: " + failure.getMessage())))
                .toCompletionStage();
    }

    private static Future<byte[]> document(HttpClientRequest request) {
        return request.send().compose(response -> {
            if (response.statusCode() != 200) {
                response.exceptionHandler(reset -> {}); // the rest of it is not waited for
                return Future.failedFuture(
                        new AuthorityUnreachable(request.absoluteURI() + " answers " + response.statusCode()));
            }
            return body(response, request.absoluteURI());
        });
    }

    private static Future<byte[]> body(HttpClientResponse response, String address) {
        Promise<byte[]> whole = Promise.promise();
        Buffer body = Buffer.buffer();
        response.handler(part -> {
            if (body.length() + part.length() > AttestationLimits.DOCUMENT_LENGTH_MAX) {
                whole.tryFail(new AuthorityUnreachable(address + " is too long"));
            } else {
                body.appendBuffer(part);
            }
        });
        response.exceptionHandler(whole::tryFail);
        response.endHandler(end -> whole.tryComplete(body.getBytes()));
        return whole.future();
    }

    @Override
    public void close() {
        client.close();
    }
}
