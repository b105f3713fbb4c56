// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import dev.managedhsm.auth.token.SignatureAlgorithm;
import dev.managedhsm.auth.token.TokenIssuer;
import dev.managedhsm.crypto.lifecycle.LifecyclePolicy;
import dev.managedhsm.gateway.CustodyConfig;
import dev.managedhsm.gateway.Gateway;
import dev.managedhsm.gateway.GatewayConfig;
import dev.managedhsm.gateway.ObserveConfig;
import dev.managedhsm.gateway.RootKeySource;
import dev.managedhsm.gateway.StartRefused;
import dev.managedhsm.gateway.Threads;
import dev.managedhsm.gateway.attestation.AttestationAuthority;
import dev.managedhsm.gateway.backup.BackupConfig;
import dev.managedhsm.gateway.http.AllowList;
import dev.managedhsm.gateway.http.Listener;
import dev.managedhsm.gateway.http.Plane;
import dev.managedhsm.gateway.http.TlsConfig;
import dev.managedhsm.gateway.identity.DevIssuer;
import dev.managedhsm.gateway.refusal.RefusalConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.security.interfaces.RSAPrivateCrtKey;
import java.time.Clock;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * A running development HSM: its folder, its endpoints for identities and its gateway, started in this order and ended in the
 * reverse one. Start and end it from any thread that may block.
 */
final class DevHsm implements AutoCloseable {
    /** Issuer and HSM read the same clock, so a token that has expired has expired. */
    private static final int NO_SKEW_SECONDS = 0;

    private static final String REGION = "local";

    private final DevFolder folder;
    private final DevEndpoints endpoints;
    private final Gateway gateway;
    private final DevGuide guide;

    private DevHsm(DevFolder folder, DevEndpoints endpoints, Gateway gateway, DevGuide guide) {
        this.folder = folder;
        this.endpoints = endpoints;
        this.gateway = gateway;
        this.guide = guide;
    }

    /** Starts the HSM of a folder that believes no attestation authority. */
    static DevHsm start(Path path, String name, String bind, int wantedPort, LifecyclePolicy deletion) {
        return start(path, name, bind, wantedPort, deletion, List.of());
    }

    /**
     * Starts the HSM of a folder. An old {@link DevGuide#ENVIRONMENT} is gone from then on, until {@link #announce}.
     *
     * @param path the folder, made when missing
     * @param name the host name in URLs, key ids and the certificate
     * @param bind the address to listen on
     * @param wantedPort the port to listen on; 0 takes a free one
     * @param deletion how long deleted keys can be recovered, and whether they can be purged before
     * @param authorities whose word about environments counts where keys are released
     * @return the HSM, ready
     * @throws StartRefused when the world does not allow it
     */
    static DevHsm start(
            Path path,
            String name,
            String bind,
            int wantedPort,
            LifecyclePolicy deletion,
            List<AttestationAuthority> authorities) {
        // Checked before the folder is touched, and told the port after it is locked.
        DevNames unnumbered = DevNames.of(name, bind, wantedPort);
        DevFolder folder = DevFolder.open(path);
        try {
            folder.remove(DevGuide.ENVIRONMENT);
            int port = wantedPort == 0 ? freePort(unnumbered) : wantedPort;
            return start(folder, new DevNames(unnumbered.hostName(), unnumbered.bind(), port), deletion, authorities);
        } catch (RuntimeException e) {
            folder.close();
            throw e;
        }
    }

    /** Writes {@link DevGuide#ENVIRONMENT}: the sign that the HSM is ready. */
    void announce() {
        folder.writePrivate(DevGuide.ENVIRONMENT, guide.environment());
    }

    /** Where everything is. */
    DevGuide guide() {
        return guide;
    }

    /**
     * Takes {@link DevGuide#ENVIRONMENT} away, drains the gateway, then ends it, the token endpoint, and the lock on the
     * folder.
     */
    @Override
    public void close() {
        try (folder;
                endpoints;
                gateway) {
            folder.remove(DevGuide.ENVIRONMENT);
        }
    }

    private static DevHsm start(
            DevFolder folder, DevNames names, LifecyclePolicy deletion, List<AttestationAuthority> authorities) {
        DevFacts facts = DevFacts.of(folder);
        Clock clock = Clock.systemUTC();
        DevIssuer issuer = new DevIssuer(issuerKey(folder), names.issuerUrl(facts.tenantId()), clock);
        DevCertificates.issue(folder, names, clock);
        DevIdentities identities = DevIdentities.of(folder, facts, names, issuer, clock);
        DevEndpoints endpoints = DevEndpoints.start(folder, facts, identities, names, issuer, clock);
        try {
            facts.withPorts(folder, endpoints.identityPort(), endpoints.tokenPort());
            DevGuide guide = new DevGuide(
                    names, folder, facts, identities, endpoints.identityUrl(), endpoints.authority(), issuer.kid());
            Gateway gateway = Gateway.start(config(folder, names, facts, issuer, identities, deletion, authorities));
            return new DevHsm(folder, endpoints, gateway, guide);
        } catch (RuntimeException e) {
            endpoints.close();
            throw e;
        }
    }

    private static RSAPrivateCrtKey issuerKey(DevFolder folder) {
        if (!folder.has(DevGuide.ISSUER_KEY)) {
            folder.writePrivate(DevGuide.ISSUER_KEY, Pem.privateKey(DevIssuer.newKey()));
        }
        return (RSAPrivateCrtKey) Pem.readPrivateKey(folder, DevGuide.ISSUER_KEY, "RSA");
    }

    private static GatewayConfig config(
            DevFolder folder,
            DevNames names,
            DevFacts facts,
            DevIssuer issuer,
            DevIdentities identities,
            LifecyclePolicy deletion,
            List<AttestationAuthority> authorities) {
        TokenIssuer trusted = new TokenIssuer(
                "dev",
                UUID.fromString(facts.tenantId()),
                Set.of(issuer.url()),
                Set.of(names.resource()),
                Set.of(SignatureAlgorithm.RS256),
                issuer.jwks(),
                NO_SKEW_SECONDS);
        Listener listener = new Listener(
                DevNames.plain(names.bind()), names.port(), EnumSet.allOf(Plane.class), AllowList.EVERYBODY);
        Path data = folder.at("data");
        return new GatewayConfig(
                names.url(),
                REGION,
                List.of(listener),
                new TlsConfig(folder.at(DevCertificates.SERVER), folder.at(DevCertificates.SERVER_KEY)),
                data,
                new RootKeySource.Development(data.resolve("root.key")),
                new CustodyConfig(
                        CustodyConfig.witnessIn(data),
                        new BackupConfig(List.of(), List.of(folder.folder("backups")), null)),
                Threads.forCores(Runtime.getRuntime().availableProcessors()),
                facts.tenantId(),
                names.resource(),
                names.loginAuthority(),
                List.of(trusted),
                List.of(facts.administratorId()),
                identities.roles(),
                deletion,
                authorities,
                RefusalConfig.in(folder.at("refused-tokens")),
                DevAudit.config(data),
                ObserveConfig.development(folder.at("latency")));
    }

    /** The port is part of the audience, so it is chosen before anything listens on it. */
    private static int freePort(DevNames names) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(names.bind(), 0));
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new StartRefused(
                    DevNames.plain(names.bind())
                            + " cannot be listened on: give an address of this machine with --bind.",
                    e);
        }
    }
}
