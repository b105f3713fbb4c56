// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import dev.managedhsm.crypto.ring.LoopTurns;
import dev.managedhsm.gateway.audit.AuditWaiters;
import dev.managedhsm.gateway.pulse.LoopPulse;
import dev.managedhsm.gateway.trace.Traces;
import dev.managedhsm.gateway.wire.WireError;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.util.AsciiString;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The edge on one event loop: its listening servers, what it remembers of its connections, and the services that requests
 * on this event loop use. One per event loop; all of them listen on the same ports. Used by its event loop's thread only.
 */
public final class Edge extends VerticleBase {
    private static final Logger LOG = LoggerFactory.getLogger(Edge.class);
    private static final long SWEEP_MILLIS = 1000;
    private static final int FLUSHES_CONSOLIDATED = 256;

    private final EdgeServices services;
    private final Function<Edge, Consumer<Exchange>> routing;
    private final BodyBuffers bodies = new BodyBuffers();
    private final IntakeAccount account;
    private final RequestIds ids;
    private final AsciiString region;
    private final EdgeCounters counters = new EdgeCounters();

    private final Map<Listener, HttpServer> servers = new LinkedHashMap<>();
    private @Nullable EventLoop loop;
    private @Nullable AuditWaiters audit;
    private @Nullable TokenGate tokens;
    private @Nullable LoopPulse pulse;
    private @Nullable Consumer<Exchange> routes;

    /**
     * @param services what all event loops share
     * @param routing makes this event loop's routes, on the event loop, once it is there
     */
    public Edge(EdgeServices services, Function<Edge, Consumer<Exchange>> routing) {
        this.services = services;
        this.routing = routing;
        this.account = new IntakeAccount(services.intakeBytesMax(), bodies);
        this.ids = new RequestIds(services.clock());
        this.region = new AsciiString(services.region());
    }

    @Override
    public void init(Vertx vertx, Context context) {
        super.init(vertx, context);
        this.loop = ((ContextInternal) context).nettyEventLoop();
    }

    @Override
    public Future<?> start() {
        tokens = services.tokenGate(loop(), counters);
        audit = services.audit().waiters(set(loop));
        pulse = services.pulse().onLoop(loop());
        routes = routing.apply(this);
        long bodyNanosMax = TimeUnit.MILLISECONDS.toNanos(EdgeLimits.BODY_MILLIS_MAX);
        vertx.setPeriodic(SWEEP_MILLIS, timer -> account.expire(System.nanoTime() - bodyNanosMax));
        new LoopLag(vertx, counters).begin();
        List<Future<HttpServer>> listening = new ArrayList<>();
        for (Listener listener : services.listeners()) {
            HttpServer http = vertx.createHttpServer(services.serverOptions(listener))
                    .connectionHandler(connection -> connected(connection, listener))
                    .requestHandler(this::received)
                    .invalidRequestHandler(this::malformed)
                    .exceptionHandler(failure -> LOG.debug("connection refused: {}", failure.toString()));
            servers.put(listener, http);
            listening.add(http.listen().recover(failure -> Future.failedFuture(new CannotListen(listener, failure))));
        }
        return Future.all(listening);
    }

    /**
     * Speaks TLS to new connections with other files, on all event loops: they share their listening sockets.
     *
     * @return done, or why not; then the old ones stay in use
     */
    public Future<?> use(TlsFiles files) {
        return Future.all(servers.values().stream()
                .map(http -> http.updateSSLOptions(services.tlsOptions(files), true))
                .toList());
    }

    @Override
    public Future<?> stop() {
        return Future.join(servers.values().stream()
                        .map(http -> http.shutdown(5, TimeUnit.SECONDS))
                        .toList())
                .onComplete(ended -> bodies.close());
    }

    /** This event loop's turns. */
    public LoopTurns turns() {
        return new NettyTurns(set(loop));
    }

    /** Runs tasks on this event loop. */
    public Executor loop() {
        return set(loop);
    }

    /** Vert.x, for routers. */
    public Vertx vertx() {
        return vertx;
    }

    /** What this event loop has counted. */
    public EdgeCounters counters() {
        return counters;
    }

    /** The event loop's buffers for bodies. */
    public BodyBuffers bodies() {
        return bodies;
    }

    /** The event loop's instruments. */
    public LoopPulse pulse() {
        return set(pulse);
    }

    TokenGate tokens() {
        return set(tokens);
    }

    /** Traces requests; null if none are. */
    @Nullable
    Traces traces() {
        return services.traces();
    }

    AuditWaiters audit() {
        return set(audit);
    }

    long nowMillis() {
        return services.clock().millis();
    }

    AsciiString region() {
        return region;
    }

    String newRequestId() {
        return ids.next();
    }

    private static <T> T set(@Nullable T field) {
        if (field == null) {
            throw new IllegalStateException("the edge has not started");
        }
        return field;
    }

    private void connected(HttpConnection http, Listener listener) {
        ChannelHandlerContext context = ((ConnectionBase) http).channelHandlerContext();
        Channel channel = context.channel();
        if (counters.connections() >= EdgeLimits.CONNECTIONS_MAX) {
            counters.connectionRefused();
            var _ = channel.close();
            return;
        }
        counters.connectionOpened();
        Connection connection = new Connection(account, channel, listener);
        channel.attr(Connection.KEY).set(connection);
        http.closeHandler(closed -> {
            counters.connectionClosed();
            connection.close();
        });
        ChannelPipeline pipeline = channel.pipeline();
        Http2ConnectionHandler http2 = context.handler() instanceof Http2ConnectionHandler streams ? streams : null;
        if (pipeline.get("ssl") != null) {
            boolean waiting = http2 != null; // answers that come one at a time wait for no other
            pipeline.addAfter("ssl", "flush", new FlushConsolidationHandler(FLUSHES_CONSOLIDATED, waiting));
        }
        if (http2 != null) {
            http2.setCumulator(new WipingGatherer());
            connection.answers(new Http2Answers(http2, context));
            Http2ConnectionDecoder decoder = http2.decoder();
            decoder.frameListener(new Http2BodyTap(decoder.frameListener(), connection));
            http2.connection().addListener(new Http2ConnectionAdapter() {
                @Override
                public void onStreamClosed(Http2Stream stream) {
                    connection.reset(stream.id()); // also streams that we ended and whose body never came
                }
            });
        } else {
            pipeline.addBefore(context.name(), "body", new Http1BodyTap(connection));
            connection.answers(new Http1Answers(pipeline, connection, bodies));
            if (pipeline.get("ssl") != null) {
                pipeline.addAfter("ssl", "wipe", new WipingPassage());
            }
        }
    }

    private void received(HttpServerRequest request) {
        Exchange exchange = exchange(request);
        if (exchange == null) {
            return;
        }
        WireError unrecorded = exchange.recorded() ? audit().closed() : null;
        if (unrecorded != null) {
            exchange.refuse(unrecorded);
            return;
        }
        if (!exchange.allowed()) {
            exchange.refuse(WireError.forbiddenByFirewall(exchange.clientAddress()));
            return;
        }
        if (tooLong(request, exchange.body().lengthMax())) {
            exchange.refuse(WireError.bodyTooLong(exchange.body().lengthMax()));
            return;
        }
        try {
            set(routes).accept(exchange);
        } catch (RuntimeException broken) { // outermost: nobody waits for ever
            exchange.broken(broken);
        }
    }

    /** HTTP/1.1: a request whose head could not be read. It is the last one of its connection. */
    private void malformed(HttpServerRequest request) {
        Exchange exchange = exchange(request);
        if (exchange != null) {
            exchange.refuseLast(WireError.badHead(request.decoderResult().cause()));
        }
    }

    /** The exchange of a request, or null when its connection was refused and is closing. */
    private @Nullable Exchange exchange(HttpServerRequest request) {
        Connection connection = ((ConnectionBase) request.connection())
                .channel()
                .attr(Connection.KEY)
                .get();
        if (connection == null) {
            return null;
        }
        Intake intake = connection.intake(request);
        Exchange exchange = new Exchange(request, connection, intake, this);
        if (services.longBodies().allowed(exchange)) {
            intake.allowLong(services.longBodies());
        }
        return exchange;
    }

    private static boolean tooLong(HttpServerRequest request, int lengthMax) {
        String length = request.getHeader("content-length");
        if (length == null) {
            return false;
        }
        try {
            return Long.parseLong(length) > lengthMax;
        } catch (NumberFormatException malformed) {
            return false; // Netty has refused those that matter
        }
    }
}
