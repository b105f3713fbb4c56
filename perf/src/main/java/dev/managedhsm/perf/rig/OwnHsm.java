// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import dev.managedhsm.auth.token.SignatureAlgorithm;
import dev.managedhsm.auth.token.TokenIssuer;
import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.lifecycle.LifecyclePolicy;
import dev.managedhsm.gateway.CustodyConfig;
import dev.managedhsm.gateway.Gateway;
import dev.managedhsm.gateway.GatewayConfig;
import dev.managedhsm.gateway.ObserveConfig;
import dev.managedhsm.gateway.RootKeySource;
import dev.managedhsm.gateway.Threads;
import dev.managedhsm.gateway.audit.AuditConfig;
import dev.managedhsm.gateway.audit.AuditPolicy;
import dev.managedhsm.gateway.http.AllowList;
import dev.managedhsm.gateway.http.Listener;
import dev.managedhsm.gateway.http.Plane;
import dev.managedhsm.gateway.http.TlsConfig;
import dev.managedhsm.gateway.identity.DevIssuer;
import dev.managedhsm.gateway.identity.ManagedIdentity;
import dev.managedhsm.gateway.refusal.RefusalConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * The shipped gateway in this JVM over an engine of our choice, on loopback, with one administrator and a token for it. It
 * records no audit events: what their durability costs is the disk's and measured with the whole gateway.
 * One thread that may block; closing it ends the gateway, its folder stays.
 */
final class OwnHsm implements AutoCloseable {
    private static final String TENANT = "6f0f4e30-5a0b-4c53-9a8a-3d1c0b6f7e11";
    private static final String ADMINISTRATOR = "5a4c2f1e-3b6d-4c80-9a3f-7e1b2c4d5f60";

    private final Gateway gateway;
    private final Certificate certificate;
    private final String token;

    private OwnHsm(Gateway gateway, Certificate certificate, String token) {
        this.gateway = gateway;
        this.certificate = certificate;
        this.token = token;
    }

    /**
     * Starts one.
     *
     * @param folder for all that it keeps; made when missing
     * @param port to listen on; 0 takes a free one
     * @param engines opens the engine
     */
    static OwnHsm start(Path folder, int port, Supplier<Engine> engines) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        Certificate certificate = Certificate.make(folder);
        int listening = port == 0 ? freePort() : port;
        String url = "https://localhost:" + listening;
        DevIssuer issuer = new DevIssuer(DevIssuer.newKey(), url + "/issuer/", Clock.systemUTC());
        TokenIssuer trusted = new TokenIssuer(
                "rig",
                UUID.fromString(TENANT),
                Set.of(issuer.url()),
                Set.of(url),
                Set.of(SignatureAlgorithm.RS256),
                issuer.jwks(),
                0);
        Path data = folder.resolve("store");
        GatewayConfig config = new GatewayConfig(
                url,
                "local",
                List.of(new Listener("127.0.0.1", listening, EnumSet.allOf(Plane.class), AllowList.EVERYBODY)),
                new TlsConfig(certificate.chain(), certificate.key()),
                data,
                new RootKeySource.Development(data.resolve("root.key")),
                CustodyConfig.in(data),
                Threads.forCores(Runtime.getRuntime().availableProcessors()),
                TENANT,
                url,
                url,
                List.of(trusted),
                List.of(ADMINISTRATOR),
                List.of(),
                LifecyclePolicy.DEFAULT,
                List.of(),
                RefusalConfig.in(folder.resolve("refused-tokens")),
                AuditConfig.in(folder.resolve("audit")).with(AuditPolicy.UNRECORDED),
                ObserveConfig.development(folder.resolve("latency")));
        Gateway gateway = Gateway.start(config, engines);
        ManagedIdentity administrator = new ManagedIdentity(
                TENANT, ADMINISTRATOR, ADMINISTRATOR, "/subscriptions/rig/resourcegroups/rig/providers/rig/rig/rig");
        return new OwnHsm(gateway, certificate, issuer.mint(administrator, url).text());
    }

    /** Where it answers, without a path. */
    URI url() {
        return gateway.url();
    }

    /** The certificate that its clients must trust, a PEM file. */
    Path authority() {
        return certificate.chain();
    }

    /** A token for the administrator. */
    String token() {
        return token;
    }

    @Override
    public void close() {
        gateway.close();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
