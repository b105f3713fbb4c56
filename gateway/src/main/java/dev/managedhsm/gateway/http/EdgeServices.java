// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import dev.managedhsm.auth.token.Challenge;
import dev.managedhsm.auth.token.KeyRefresh;
import dev.managedhsm.auth.token.TokenCache;
import dev.managedhsm.auth.token.TokenVerifier;
import dev.managedhsm.gateway.refusal.RefusalLog;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.OpenSSLEngineOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * What the edges of all event loops share. Immutable; any event loop.
 *
 * @param bindAddress the address to listen on
 * @param port the port to listen on
 * @param certificateChain PEM file
 * @param privateKey PEM file
 * @param openSsl whether TLS runs on BoringSSL; otherwise on the JDK's engine, which costs about half as much again
 * @param verifier verifies tokens
 * @param cache verified tokens
 * @param challenge what an unproven caller is told
 * @param verification runs token verifications; refuses when its queue is full
 * @param refresh fetches issuers' keys when a token names one that is not known
 * @param refusals remembers refused tokens
 * @param intakeBytesMax memory that one event loop may hold for bodies
 * @param clock wall clock
 */
public record EdgeServices(
        String bindAddress,
        int port,
        Path certificateChain,
        Path privateKey,
        boolean openSsl,
        TokenVerifier verifier,
        TokenCache cache,
        Challenge challenge,
        Executor verification,
        KeyRefresh refresh,
        RefusalLog refusals,
        int intakeBytesMax,
        InstantSource clock) {
    TokenGate tokenGate(Executor loop) {
        return new TokenGate(this, loop);
    }

    HttpServerOptions serverOptions() {
        HttpServerOptions options = new HttpServerOptions()
                .setHost(bindAddress)
                .setPort(port)
                .setSsl(true)
                .setUseAlpn(true)
                .setKeyCertOptions(new PemKeyCertOptions()
                        .addCertPath(certificateChain.toString())
                        .addKeyPath(privateKey.toString()))
                .setEnabledSecureTransportProtocols(new LinkedHashSet<>(List.of("TLSv1.3", "TLSv1.2")))
                .setSslHandshakeTimeout(EdgeLimits.HANDSHAKE_SECONDS_MAX)
                .setSslHandshakeTimeoutUnit(TimeUnit.SECONDS)
                .setIdleTimeout(EdgeLimits.IDLE_SECONDS_MAX)
                .setIdleTimeoutUnit(TimeUnit.SECONDS)
                .setMaxHeaderSize(EdgeLimits.HEADERS_LENGTH_MAX)
                .setMaxInitialLineLength(EdgeLimits.HEADERS_LENGTH_MAX)
                .setHandle100ContinueAutomatically(true)
                .setHttp2ClearTextEnabled(false)
                .setHttp2MultiplexImplementation(false)
                .setHttp2RstFloodMaxRstFramePerWindow(EdgeLimits.RESETS_MAX)
                .setHttp2RstFloodWindowDuration(EdgeLimits.RESET_WINDOW_SECONDS)
                .setHttp2RstFloodWindowDurationTimeUnit(TimeUnit.SECONDS)
                .setInitialSettings(new Http2Settings()
                        .setMaxConcurrentStreams(EdgeLimits.STREAMS_MAX)
                        .setMaxHeaderListSize(EdgeLimits.HEADERS_LENGTH_MAX));
        if (openSsl) {
            options.setSslEngineOptions(new OpenSSLEngineOptions());
        }
        return options;
    }
}
