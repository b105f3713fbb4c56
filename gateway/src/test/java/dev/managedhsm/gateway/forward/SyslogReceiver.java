// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.forward;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** Takes octet-counted syslog frames on loopback, as a receiver does: reads to the end of a connection, then ends it too. */
public final class SyslogReceiver implements AutoCloseable {
    private static final Pattern INDEX = Pattern.compile("\"index\":([0-9]+)|cn1=([0-9]+)");

    private final ServerSocket server;

    /** TLS above TCP, of which nobody says that it ends; null if the socket knows of its TLS itself. */
    private final @Nullable SSLContext above;

    private final List<List<Long>> connections = new CopyOnWriteArrayList<>();
    private final List<String> messages = new CopyOnWriteArrayList<>();
    private final Object gate = new Object();
    private boolean stalled;
    private volatile @Nullable Socket current;

    private SyslogReceiver(ServerSocket server, int port) throws IOException {
        this(server, port, null);
    }

    private SyslogReceiver(ServerSocket server, int port, @Nullable SSLContext above) throws IOException {
        this.server = server;
        this.above = above;
        server.setReuseAddress(true);
        server.setReceiveBufferSize(32 * 1024);
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        Thread.ofPlatform().daemon().name("receiver").start(this::accept);
    }

    /**
     * One without TLS.
     *
     * @param port its port; 0 takes a free one
     */
    public static SyslogReceiver plain(int port) throws IOException {
        return new SyslogReceiver(new ServerSocket(), port);
    }

    static SyslogReceiver tls(SSLContext context) throws IOException {
        return new SyslogReceiver(context.getServerSocketFactory().createServerSocket(), 0);
    }

    /** Speaks TLS, and ends TCP without having ended TLS. */
    static SyslogReceiver tlsEndingTcpOnly(SSLContext context) throws IOException {
        return new SyslogReceiver(new ServerSocket(), 0, context);
    }

    /** Its port. */
    public int port() {
        return server.getLocalPort();
    }

    /** Reads one more message, then nothing until {@link #resume}. */
    void stall() {
        synchronized (gate) {
            stalled = true;
        }
    }

    void resume() {
        synchronized (gate) {
            stalled = false;
            gate.notifyAll();
        }
    }

    private void passGate() throws IOException {
        synchronized (gate) {
            while (stalled) {
                try {
                    gate.wait();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
        }
    }

    /** Ends as a process does that is killed: what it has not read is refused. */
    void kill() throws IOException {
        server.close();
        Socket open = current;
        if (open != null) {
            try {
                open.setSoLinger(true, 0);
            } catch (SocketException ended) {
                return; // its own thread was faster
            }
            open.close();
        }
    }

    /** The indices of each connection, in the order in which they came. */
    List<List<Long>> connections() {
        return connections.stream().map(List::copyOf).toList();
    }

    /** All indices in the order in which they came. */
    List<Long> indices() {
        List<Long> all = new ArrayList<>();
        connections.forEach(all::addAll);
        return all;
    }

    /** All messages in the order in which they came. */
    public List<String> messages() {
        return List.copyOf(messages);
    }

    private void accept() {
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                current = socket;
                List<Long> own = new CopyOnWriteArrayList<>();
                connections.add(own);
                read(new BufferedInputStream(above(socket).getInputStream()), own);
            } catch (IOException ended) {
                // the next one
            } finally {
                current = null;
            }
        }
    }

    private Socket above(Socket socket) throws IOException {
        return above == null
                ? socket
                : above.getSocketFactory()
                        .createSocket(socket, (InputStream) null, true); // never closed: what is beneath is
    }

    private void read(InputStream in, List<Long> own) throws IOException {
        for (String message = frame(in); message != null; message = frame(in)) {
            messages.add(message);
            Matcher index = INDEX.matcher(message);
            if (index.find()) {
                own.add(Long.parseLong(index.group(1) == null ? index.group(2) : index.group(1)));
            }
            passGate();
        }
    }

    private static @Nullable String frame(InputStream in) throws IOException {
        int length = 0;
        for (int c = in.read(); c != ' '; c = in.read()) {
            if (c < 0) {
                return null;
            }
            length = 10 * length + (c - '0');
        }
        return new String(in.readNBytes(length), StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        kill();
    }
}
