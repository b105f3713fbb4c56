// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import dev.managedhsm.auth.token.SignatureAlgorithm;
import dev.managedhsm.auth.token.TokenIssuer;
import dev.managedhsm.crypto.lifecycle.HsmCondition;
import dev.managedhsm.gateway.Gateway;
import dev.managedhsm.gateway.GatewayConfig;
import dev.managedhsm.gateway.StartRefused;
import dev.managedhsm.gateway.config.IdentitySettings;
import dev.managedhsm.gateway.config.SecretReference;
import dev.managedhsm.gateway.config.ServeConfig;
import dev.managedhsm.gateway.http.TlsFiles;
import dev.managedhsm.gateway.http.TlsReload;
import dev.managedhsm.gateway.identity.DevIssuer;
import dev.managedhsm.gateway.identity.IdentityDirectory;
import dev.managedhsm.gateway.identity.ManagedIdentityEndpoint;
import dev.managedhsm.gateway.identity.NamedIdentity;
import dev.managedhsm.gateway.identity.TokenEndpoint;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.interfaces.RSAPrivateCrtKey;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The HSM of a configuration file, running: its gateway, and the endpoints of managed identities if it has them. Started
 * and ended by any thread that may block.
 */
final class ServingHsm implements AutoCloseable {
    /** Issuer and HSM read the same clock, so a token that has expired has expired. */
    private static final int NO_SKEW_SECONDS = 0;

    private static final int HEADER_LENGTH_MIN = 16;

    private final ServeConfig config;
    private final Clock clock = Clock.systemUTC();
    private final Deque<AutoCloseable> running = new ArrayDeque<>();
    private HsmCondition condition = HsmCondition.PROVISIONED;
    private @Nullable ManagedIdentityEndpoint managedIdentity;
    private @Nullable TokenEndpoint tokenEndpoint;

    private ServingHsm(ServeConfig config) {
        this.config = config;
    }

    /**
     * Starts.
     *
     * @param config a file without faults
     * @return the HSM, ready
     * @throws StartRefused when the world does not allow it
     */
    static ServingHsm start(ServeConfig config) {
        Path libcrypto = config.libcrypto();
        if (libcrypto != null) {
            System.setProperty("hsm.libcrypto", libcrypto.toString());
        }
        ServingHsm hsm = new ServingHsm(config);
        try {
            IdentitySettings identity = config.identity();
            GatewayConfig gateway = identity == null ? config.gateway() : hsm.startIdentity(identity);
            Gateway started = Gateway.start(gateway);
            hsm.running.push(started);
            hsm.condition = started.condition();
            return hsm;
        } catch (IllegalArgumentException e) {
            StartRefused refused = new StartRefused(String.valueOf(e.getMessage()), e);
            hsm.closeAfter(refused);
            throw refused;
        } catch (RuntimeException e) {
            hsm.closeAfter(e);
            throw e;
        }
    }

    /** What standard output says once: where it is, and what it waits for. */
    String readyLine() {
        GatewayConfig gateway = config.gateway();
        String listeners = gateway.listeners().stream()
                .map(one -> one.bindAddress() + " port " + one.port() + " "
                        + one.planes().toString().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(", "));
        ManagedIdentityEndpoint identity = managedIdentity;
        TokenEndpoint tokens = tokenEndpoint;
        return "hsm: ready: " + config.name() + " at " + gateway.baseUrl() + ", listening on " + listeners
                + (identity == null ? "" : ", managed identity at " + identity.url())
                + (tokens == null ? "" : ", tokens at " + tokens.authority())
                + waitsFor();
    }

    private String waitsFor() {
        return switch (condition) {
            case PROVISIONED -> "; it serves no keys before its security domain is downloaded or uploaded";
            case SEALED -> "; it is sealed, and serves no keys before a quorum of custodians opens it";
            default -> "";
        };
    }

    /** Drains the gateway, then ends the endpoints. */
    @Override
    public void close() {
        RuntimeException failure = null;
        for (AutoCloseable one : running) {
            try {
                one.close();
            } catch (Exception e) {
                failure = failure == null ? new IllegalStateException("a part of the HSM did not end", e) : failure;
            }
        }
        running.clear();
        if (failure != null) {
            throw failure;
        }
    }

    private void closeAfter(RuntimeException reason) {
        try {
            close();
        } catch (RuntimeException e) {
            reason.addSuppressed(e);
        }
    }

    /** Starts what hands out tokens, and gives back a gateway configuration that believes them. */
    private GatewayConfig startIdentity(IdentitySettings identity) {
        GatewayConfig gateway = config.gateway();
        DevIssuer issuer = new DevIssuer(signingKey(identity.signingKey()), identity.issuerUrl(), clock);
        IdentityDirectory directory = directory(identity);
        byte[] header = secret(identity.header(), "identity.header", HEADER_LENGTH_MIN);
        try {
            managedIdentity = ManagedIdentityEndpoint.start(
                    issuer,
                    directory,
                    gateway.resource(),
                    header,
                    identity.managedIdentity().address(),
                    identity.managedIdentity().port());
            running.push(managedIdentity);
        } catch (IOException e) {
            throw cannotListen(identity.managedIdentity(), e);
        } finally {
            Arrays.fill(header, (byte) 0);
        }
        IdentitySettings.Place place = identity.tokenEndpoint();
        if (place != null) {
            startTokenEndpoint(issuer, directory, place);
        }
        TokenIssuer local = new TokenIssuer(
                "local",
                UUID.fromString(gateway.tenantId()),
                Set.of(issuer.url()),
                Set.of(gateway.resource()),
                Set.of(SignatureAlgorithm.RS256),
                issuer.jwks(),
                NO_SKEW_SECONDS);
        List<TokenIssuer> issuers = new ArrayList<>(gateway.issuers());
        issuers.add(local);
        return gateway.withIssuers(issuers);
    }

    private void startTokenEndpoint(DevIssuer issuer, IdentityDirectory directory, IdentitySettings.Place place) {
        GatewayConfig gateway = config.gateway();
        TlsFiles files = TlsFiles.read(gateway.tls(), clock.instant());
        try {
            TokenEndpoint endpoint = new TokenEndpoint(
                    issuer,
                    directory,
                    gateway.tenantId(),
                    gateway.resource(),
                    URI.create(gateway.baseUrl()).getHost(),
                    clock,
                    place.address(),
                    place.port(),
                    files.keyPair(),
                    false);
            running.push(endpoint);
            tokenEndpoint = endpoint;
            running.push(new TlsReload(gateway.tls(), files, clock, changed -> endpoint.use(changed.keyPair())));
        } catch (IOException e) {
            throw cannotListen(place, e);
        }
    }

    private static StartRefused cannotListen(IdentitySettings.Place place, IOException e) {
        return new StartRefused(
                "Cannot listen on " + place.address() + " port " + place.port()
                        + " for managed identities: end the program that does, or name another port.",
                e);
    }

    private static IdentityDirectory directory(IdentitySettings identity) {
        List<NamedIdentity> members = new ArrayList<>();
        for (IdentitySettings.Member member : identity.members()) {
            SecretReference reference = member.clientSecret();
            byte[] secret = reference == null
                    ? null
                    : secret(reference, "The client secret of " + member.name(), NamedIdentity.SECRET_LENGTH_MIN);
            try {
                members.add(new NamedIdentity(member.identity(), member.systemAssigned(), secret, member.federated()));
            } finally {
                if (secret != null) {
                    Arrays.fill(secret, (byte) 0);
                }
            }
        }
        return new IdentityDirectory(members);
    }

    private static byte[] secret(SecretReference reference, String what, int lengthMin) {
        byte[] secret = reference.read();
        if (secret.length < lengthMin) {
            throw new StartRefused(what + " has fewer than " + lengthMin + " bytes: make a longer one, at random.");
        }
        return secret;
    }

    private static RSAPrivateCrtKey signingKey(Path file) {
        try {
            if (Pem.privateKey(Files.readString(file), "RSA") instanceof RSAPrivateCrtKey key
                    && key.getModulus().bitLength() >= DevIssuer.KEY_BITS) {
                return key;
            }
        } catch (IOException e) {
            // said below
        }
        throw new StartRefused(file + " holds no RSA key of " + DevIssuer.KEY_BITS
                + " bits or more in PKCS#8: restore it, or remove it and run hsm init for a new HSM.");
    }
}
