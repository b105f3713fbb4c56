// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import dev.managedhsm.auth.token.Challenge;
import dev.managedhsm.auth.token.KeyRefresh;
import dev.managedhsm.auth.token.TokenCache;
import dev.managedhsm.auth.token.TokenVerifier;
import dev.managedhsm.gateway.audit.AuditLog;
import dev.managedhsm.gateway.pulse.Pulse;
import dev.managedhsm.gateway.refusal.RefusalLog;
import dev.managedhsm.gateway.trace.Traces;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.OpenSSLEngineOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the edges of all event loops share. Immutable; any event loop.
 *
 * @param listeners what is listened on, by each event loop
 * @param tls which versions are spoken, and whether clients show certificates
 * @param tlsFiles what is spoken with from the start
 * @param openSsl whether TLS runs on BoringSSL; otherwise on the JDK's engine, which costs about half as much again
 * @param verifier verifies tokens
 * @param cache verified tokens
 * @param challenge what an unproven caller is told
 * @param verification runs token verifications; refuses when its queue is full
 * @param refresh fetches issuers' keys when a token names one that is not known
 * @param refusals remembers refused tokens
 * @param traces traces requests; null if none are
 * @param audit records the end of every request
 * @param pulse has instruments for each event loop
 * @param intakeBytesMax memory that one event loop may hold for bodies
 * @param longBodies which requests may have a long body, and the memory for those
 * @param clock wall clock
 * @param region the region that answers name
 */
public record EdgeServices(
        List<Listener> listeners,
        TlsConfig tls,
        TlsFiles tlsFiles,
        boolean openSsl,
        TokenVerifier verifier,
        TokenCache cache,
        Challenge challenge,
        Executor verification,
        KeyRefresh refresh,
        RefusalLog refusals,
        @Nullable Traces traces,
        AuditLog audit,
        Pulse pulse,
        int intakeBytesMax,
        LongBodies longBodies,
        InstantSource clock,
        String region) {
    /** Copies the list. */
    public EdgeServices {
        listeners = List.copyOf(listeners);
    }

    TokenGate tokenGate(Executor loop, EdgeCounters counters) {
        return new TokenGate(this, loop, counters);
    }

    HttpServerOptions serverOptions(Listener listener) {
        HttpServerOptions options = new HttpServerOptions()
                .setHost(listener.bindAddress())
                .setPort(listener.port())
                .setSsl(true)
                .setUseAlpn(true)
                .setKeyCertOptions(tlsFiles.keyPair())
                .setTrustOptions(tlsFiles.clientTrust())
                .setClientAuth(clientAuth())
                .setEnabledSecureTransportProtocols(versions())
                .setSslHandshakeTimeout(EdgeLimits.HANDSHAKE_SECONDS_MAX)
                .setSslHandshakeTimeoutUnit(TimeUnit.SECONDS)
                .setIdleTimeout(EdgeLimits.IDLE_SECONDS_MAX)
                .setIdleTimeoutUnit(TimeUnit.SECONDS)
                .setMaxHeaderSize(EdgeLimits.HEADERS_LENGTH_MAX)
                .setMaxInitialLineLength(EdgeLimits.HEADERS_LENGTH_MAX)
                .setHandle100ContinueAutomatically(true)
                .setHttp2ClearTextEnabled(false)
                .setPerFrameWebSocketCompressionSupported(false) // nobody is a WebSocket here, but a handler would look
                .setPerMessageWebSocketCompressionSupported(false)
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

    /** The options of new connections once the files have changed. */
    ServerSSLOptions tlsOptions(TlsFiles files) {
        ServerSSLOptions options = new ServerSSLOptions();
        options.setUseAlpn(true)
                .setApplicationLayerProtocols(List.of("h2", "http/1.1"))
                .setKeyCertOptions(files.keyPair())
                .setTrustOptions(files.clientTrust())
                .setClientAuth(clientAuth())
                .setEnabledSecureTransportProtocols(versions())
                .setSslHandshakeTimeout(EdgeLimits.HANDSHAKE_SECONDS_MAX)
                .setSslHandshakeTimeoutUnit(TimeUnit.SECONDS);
        return options;
    }

    private Set<String> versions() {
        return switch (tls.oldest()) {
            case TLS_1_2 -> new LinkedHashSet<>(List.of("TLSv1.3", "TLSv1.2"));
            case TLS_1_3 -> Set.of("TLSv1.3");
        };
    }

    private ClientAuth clientAuth() {
        return switch (tls.clients()) {
            case NONE -> ClientAuth.NONE;
            case OPTIONAL -> ClientAuth.REQUEST;
            case REQUIRED -> ClientAuth.REQUIRED;
        };
    }
}
