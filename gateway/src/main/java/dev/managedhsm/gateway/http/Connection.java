// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import dev.managedhsm.auth.token.VerifiedToken;
import dev.managedhsm.gateway.audit.AuditCaller;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.AsciiString;
import io.netty.util.AttributeKey;
import io.netty.util.collection.IntObjectHashMap;
import io.vertx.core.http.HttpServerRequest;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.util.ArrayDeque;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * What the edge remembers of one connection: bodies that are arriving, the last token, how many new tokens it may still
 * bring. Used by the connection's event loop only.
 */
final class Connection {
    static final AttributeKey<Connection> KEY = AttributeKey.valueOf(Connection.class, "connection");

    private final IntakeAccount account;
    private final Channel channel;
    private final Listener listener;
    private final boolean allowed;
    private final AsciiString networkInfo;
    private final String address;

    /** HTTP/1.1: bodies in the order of their requests, which is the order in which Vert.x hands out the requests. */
    private final ArrayDeque<Intake> queued = new ArrayDeque<>();

    /** HTTP/2: bodies by stream; neither a number nor a node is made for one. */
    private final IntObjectHashMap<Intake> streams = new IntObjectHashMap<>();

    private @Nullable Answers answers;
    private @Nullable Intake last;
    private @Nullable String header;
    private @Nullable VerifiedToken token;
    private @Nullable VerifiedToken callerToken;
    private @Nullable AuditCaller caller;
    private byte @Nullable [] thumbprint;
    private boolean thumbprintKnown;
    private int misses = EdgeLimits.TOKEN_MISSES_MAX;
    private long missesSinceNanos = System.nanoTime();

    Connection(IntakeAccount account, Channel channel, Listener listener) {
        this.account = account;
        this.channel = channel;
        this.listener = listener;
        SocketAddress remote = channel.remoteAddress();
        boolean six = remote instanceof InetSocketAddress inet && inet.getAddress() instanceof Inet6Address;
        this.address =
                remote instanceof InetSocketAddress inet ? inet.getAddress().getHostAddress() : "unknown";
        this.allowed = listener.allowed().allows(remote instanceof InetSocketAddress inet ? inet.getAddress() : null);
        String family = six ? "Ipv6" : "Ipv4";
        this.networkInfo =
                new AsciiString("conn_type=" + family + ";addr=" + address + ";act_addr_fam=" + family + ";");
    }

    /** The client's address, for the log. */
    String address() {
        return address;
    }

    /** Whether the listener is for this plane. */
    boolean serves(Plane plane) {
        return listener.planes().contains(plane);
    }

    /** Whether the listener's allow-list has the client's address. */
    boolean allowed() {
        return allowed;
    }

    /** The value of {@code x-ms-keyvault-network-info}. */
    AsciiString networkInfo() {
        return networkInfo;
    }

    /** What succeeded is written by these from here on, where it suits them. */
    void answers(Answers direct) {
        answers = direct;
    }

    /** What writes answers past Vert.x's response; null while nobody does. */
    @Nullable
    Answers answers() {
        return answers;
    }

    /** HTTP/1.1: a request's head was read. */
    void begin() {
        Intake intake = new Intake(account, System.nanoTime());
        last = intake;
        queued.add(intake);
    }

    /** HTTP/1.1: part of the last request's body; false when the connection must end. */
    boolean append(ByteBuf chunk) {
        return last == null || last.append(chunk);
    }

    /** HTTP/1.1: the last request's body is whole. */
    void end() {
        Intake intake = last;
        last = null;
        if (intake != null) {
            intake.end();
        }
    }

    /** HTTP/2: a stream began. */
    void begin(int stream) {
        streams.put(stream, new Intake(account, System.nanoTime()));
    }

    /** HTTP/2: part of a stream's body; false when the stream must end. */
    boolean append(int stream, ByteBuf chunk) {
        Intake intake = streams.get(stream);
        return intake == null || intake.append(chunk);
    }

    /** HTTP/2: a stream's body is whole. */
    void end(int stream) {
        Intake intake = streams.remove(stream);
        if (intake != null) {
            intake.end();
        }
    }

    /** HTTP/2: a stream ended early; its body will never be whole. */
    void reset(int stream) {
        Intake intake = streams.remove(stream);
        if (intake != null) {
            intake.close();
        }
    }

    /** The body of a request that Vert.x hands out now. */
    Intake intake(HttpServerRequest request) {
        long stream = request.streamId();
        Intake intake = stream > 0 ? streams.get((int) stream) : queued.poll();
        if (intake == null) { // HTTP/2 without a body: the stream's end came with its head
            intake = new Intake(account, System.nanoTime());
            intake.end();
        }
        return intake;
    }

    /** The token that came with this header's text the last time, by identity first: indexed headers are one object. */
    @SuppressWarnings("ReferenceEquality") // the same object saves comparing a text of 1.5 KB
    @Nullable
    VerifiedToken token(String header) {
        String known = this.header;
        return known != null && (known == header || known.equals(header)) ? token : null;
    }

    void remember(String header, VerifiedToken token) {
        this.header = header;
        this.token = token;
    }

    /** What audit events say of a token's holder; made once as long as the connection brings the same token. */
    @SuppressWarnings("ReferenceEquality") // a token that was verified anew is another one
    AuditCaller caller(VerifiedToken proven) {
        AuditCaller known = caller;
        if (known == null || callerToken != proven) {
            known = AuditCaller.of(proven);
            caller = known;
            callerToken = proven;
        }
        return known;
    }

    /**
     * SHA-256 of the certificate whose private key the client has proven to hold in the handshake, or null when it showed
     * none that this server trusts.
     */
    byte @Nullable [] certificateThumbprint() {
        if (!thumbprintKnown) {
            thumbprint = thumbprint(channel);
            thumbprintKnown = true;
        }
        return thumbprint;
    }

    private static byte @Nullable [] thumbprint(Channel channel) {
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls == null) {
            return null;
        }
        try {
            Certificate own = tls.engine().getSession().getPeerCertificates()[0]; // the client's own comes first
            return MessageDigest.getInstance("SHA-256").digest(own.getEncoded());
        } catch (SSLPeerUnverifiedException | CertificateEncodingException none) {
            return null;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("the JDK has no SHA-256", e);
        }
    }

    /** Whether this connection may bring one more token that is not known; counts it. */
    boolean mayMiss(long nowNanos) {
        long refill = (nowNanos - missesSinceNanos) / EdgeLimits.TOKEN_MISS_REFILL_NANOS;
        if (refill > 0) {
            misses = (int) Math.min(EdgeLimits.TOKEN_MISSES_MAX, misses + refill);
            missesSinceNanos += refill * EdgeLimits.TOKEN_MISS_REFILL_NANOS;
        }
        if (misses == 0) {
            return false;
        }
        misses--;
        return true;
    }

    /** Does something once everything that waits to be written has been, or the connection is gone. */
    void behindAllWrites(Runnable action) {
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> action.run());
    }

    /** The connection is gone. */
    void close() {
        queued.forEach(Intake::close);
        queued.clear();
        streams.values().forEach(Intake::close);
        streams.clear();
        Intake intake = last;
        if (intake != null) {
            last = null;
            intake.close();
        }
        header = null;
        token = null;
        callerToken = null;
        caller = null;
    }
}
