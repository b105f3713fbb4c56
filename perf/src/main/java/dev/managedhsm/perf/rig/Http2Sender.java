// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Sends over HTTP/2 with as little work as a sender can have: it shares the machine with what it measures. Connections are
 * taken in turn; what finds no free stream waits in its connection, and is timed as if it had been sent.
 */
final class Http2Sender implements Sender {
    private static final long CONNECT_SECONDS = 20;

    private final EventLoopGroup group;
    /** Those that are open flush while others are being opened. */
    private final List<Http2Link> connections = new CopyOnWriteArrayList<>();

    private int next;

    Http2Sender(URI base, @Nullable Path authority, int connections, String token) throws IOException {
        boolean epoll = Epoll.isAvailable();
        IoHandlerFactory io = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        this.group = new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("sender", true), io);
        try {
            SslContext tls = tls(authority);
            for (int i = 0; i < connections; i++) {
                this.connections.add(connect(base, tls, epoll, token));
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private static SslContext tls(@Nullable Path authority) throws IOException {
        SslContextBuilder builder = SslContextBuilder.forClient()
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        "h2"));
        if (authority == null) {
            builder.trustManager(InsecureTrustManagerFactory.INSTANCE).endpointIdentificationAlgorithm(null);
        } else {
            builder.trustManager(authority.toFile());
        }
        return builder.build();
    }

    private Http2Link connect(URI base, SslContext tls, boolean epoll, String token) throws IOException {
        Http2Link connection = new Http2Link(base, token);
        ChannelFuture connected = new Bootstrap()
                .group(group)
                .channel(epoll ? EpollSocketChannel.class : NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline()
                                .addLast(tls.newHandler(channel.alloc(), base.getHost(), base.getPort()))
                                .addLast(connection.handler())
                                .addLast(new Flushing());
                    }
                })
                .connect(base.getHost(), base.getPort());
        try {
            connected.get(CONNECT_SECONDS, TimeUnit.SECONDS);
            Channel channel = connected.channel();
            channel.pipeline().get(SslHandler.class).handshakeFuture().get(CONNECT_SECONDS, TimeUnit.SECONDS);
            connection.opened(channel);
            return connection;
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("no connection to " + base, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public void onLoop(Runnable task) {
        group.execute(() -> runAndFlush(task));
    }

    @Override
    public void after(long nanos, Runnable task) {
        var _ = group.schedule(() -> runAndFlush(task), nanos, TimeUnit.NANOSECONDS);
    }

    private void runAndFlush(Runnable task) {
        task.run();
        flush();
    }

    private void flush() {
        for (Http2Link connection : connections) {
            connection.flush();
        }
    }

    /** What is sent because answers came on one connection leaves on all of them when those have been read. */
    private final class Flushing extends ChannelInboundHandlerAdapter {
        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            flush();
        }
    }

    @Override
    public void send(Ask ask, Ending ending) {
        next = next + 1 == connections.size() ? 0 : next + 1;
        connections.get(next).send(ask, ending);
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, CONNECT_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
