// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.forward;

import dev.managedhsm.gateway.audit.ForwardConfig;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a receiver. Syslog has no acknowledgement, so the end of the connection serves as one: a receiver that
 * ends it in answer to our end has read all before; one that died with something unread resets it instead. Used by one
 * thread; {@link #close} by any.
 */
final class ForwardConnection implements AutoCloseable {
    private static final int CONNECT_MILLIS_MAX = 10_000;

    /** Longer than a round trip: what the receiver ended by itself shows by then. */
    private static final int SETTLE_MILLIS = 200;

    /** A receiver that stalls is waited for; one that is gone shows by then too. */
    private static final int GOODBYE_MILLIS_MAX = 120_000;

    private final Tcp plain;
    private final Socket socket;
    private final boolean closeNotify;

    private ForwardConnection(Tcp plain, Socket socket, boolean closeNotify) {
        this.plain = plain;
        this.socket = socket;
        this.closeNotify = closeNotify;
    }

    /**
     * A connection that knows whether it was ended beneath TLS. Java's TLS takes the end of TCP for its own, which nobody has
     * signed for, and only a property of the whole process would change that.
     */
    private static final class Tcp extends Socket {
        private boolean ended;

        @Override
        public InputStream getInputStream() throws IOException {
            return new FilterInputStream(super.getInputStream()) {
                @Override
                public int read() throws IOException {
                    int one = super.read();
                    ended |= one < 0;
                    return one;
                }

                @Override
                public int read(byte[] bytes, int start, int length) throws IOException {
                    int some = super.read(bytes, start, length);
                    ended |= some < 0;
                    return some;
                }
            };
        }
    }

    static ForwardConnection open(ForwardConfig config) throws IOException {
        Tcp plain = new Tcp();
        try {
            plain.setKeepAlive(true);
            plain.setTcpNoDelay(true);
            plain.connect(new InetSocketAddress(config.host(), config.port()), CONNECT_MILLIS_MAX);
            if (!config.tls()) {
                return new ForwardConnection(plain, plain, false);
            }
            SSLSocket tls = (SSLSocket) context(config.trusted())
                    .getSocketFactory()
                    .createSocket(plain, config.host(), config.port(), true);
            SSLParameters parameters = tls.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
            tls.setSSLParameters(parameters);
            tls.setSoTimeout(CONNECT_MILLIS_MAX);
            tls.startHandshake();
            return new ForwardConnection(plain, tls, config.closeNotify());
        } catch (IOException | RuntimeException e) {
            plain.close();
            throw e;
        }
    }

    private static SSLContext context(@Nullable Path trusted) throws IOException {
        try {
            if (trusted == null) {
                return SSLContext.getDefault();
            }
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            int number = 0;
            try (InputStream in = Files.newInputStream(trusted)) {
                for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                    store.setCertificateEntry("trusted-" + number++, one);
                }
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, factory.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException("the certificates that are trusted cannot be used", e);
        }
    }

    /** Sends; waits as long as the receiver does not take it. */
    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
    }

    /** Ends the connection; when this returns, the receiver has read all that was sent, and over TLS has signed for it. */
    void goodbye() throws IOException {
        InputStream in = socket.getInputStream();
        socket.setSoTimeout(SETTLE_MILLIS);
        try {
            while (in.read() >= 0) {
                // a receiver has nothing to say
            }
            throw new IOException("the receiver ended the connection");
        } catch (SocketTimeoutException stillThere) {
            // it is there, so what it says from here on it says after our end
        }
        socket.setSoTimeout(GOODBYE_MILLIS_MAX);
        socket.shutdownOutput();
        while (in.read() >= 0) {
            // reads on to its end
        }
        if (closeNotify && plain.ended) {
            throw new IOException(
                    "the receiver ended the connection without ending TLS (see close_notify), which confirms nothing");
        }
        close();
    }

    /**
     * Ends the connection beneath TLS: ending TLS in order would wait for whoever sends, and that one for a receiver that
     * stalls.
     */
    @Override
    public void close() throws IOException {
        plain.close();
    }
}
