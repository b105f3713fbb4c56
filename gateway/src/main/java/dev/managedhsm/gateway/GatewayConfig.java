// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import dev.managedhsm.auth.token.TokenIssuer;
import dev.managedhsm.crypto.lifecycle.LifecyclePolicy;
import dev.managedhsm.gateway.attestation.AttestationAuthority;
import dev.managedhsm.gateway.audit.AuditConfig;
import dev.managedhsm.gateway.http.Listener;
import dev.managedhsm.gateway.http.Plane;
import dev.managedhsm.gateway.http.TlsConfig;
import dev.managedhsm.gateway.refusal.RefusalConfig;
import java.nio.file.Path;
import java.util.List;

/**
 * Everything a gateway is told at start; the gateway itself reads nothing from the environment.
 *
 * <p>Immutable, and free of secrets: they are named by where they are.
 *
 * @param baseUrl scheme, host and port of URLs and key ids, without a slash at the end
 * @param region the region that answers name
 * @param listeners what is listened on; the first one with {@link Plane#DATA} is where clients come
 * @param tls with which files TLS speaks, and how
 * @param dataFolder the folder of the store; made when missing
 * @param rootKey where the root of all sealing is
 * @param custody what keeps the store honest, and where it is backed up
 * @param threads how many threads do what
 * @param tenantId the tenant's id, a GUID in lower case
 * @param resource what the challenge names as {@code resource}, and the audience of tokens: a URL without trailing slash
 * @param loginAuthority the URL that the challenge names as {@code authorization}, without trailing slash; a slash and
 *     the tenant's id are appended
 * @param issuers who may sign tokens
 * @param administrators object ids, GUIDs in lower case, that are given Administrator, Crypto Officer and Crypto User at
 *     {@code /} at the first start; later starts go by what the store says
 * @param initialRoles what else is given at the first start
 * @param deletion how long deleted keys can be recovered, and whether they can be purged before
 * @param attestationAuthorities whose word about environments counts where keys are released; policies choose among these
 * @param refusals where refused tokens are recorded
 * @param audit where the end of every request is recorded, and when answers leave
 * @param observe what is done so that the HSM can be watched
 */
public record GatewayConfig(
        String baseUrl,
        String region,
        List<Listener> listeners,
        TlsConfig tls,
        Path dataFolder,
        RootKeySource rootKey,
        CustodyConfig custody,
        Threads threads,
        String tenantId,
        String resource,
        String loginAuthority,
        List<TokenIssuer> issuers,
        List<String> administrators,
        List<InitialRole> initialRoles,
        LifecyclePolicy deletion,
        List<AttestationAuthority> attestationAuthorities,
        RefusalConfig refusals,
        AuditConfig audit,
        ObserveConfig observe) {

    /** Copies the lists; a gateway without a listener for applications is a programmer's mistake. */
    public GatewayConfig {
        listeners = List.copyOf(listeners);
        issuers = List.copyOf(issuers);
        administrators = List.copyOf(administrators);
        attestationAuthorities = List.copyOf(attestationAuthorities);
        initialRoles = List.copyOf(initialRoles);
        if (listeners.stream().noneMatch(listener -> listener.planes().contains(Plane.DATA))) {
            throw new IllegalArgumentException("a gateway listens for applications");
        }
    }

    /** The same with other issuers. */
    public GatewayConfig withIssuers(List<TokenIssuer> others) {
        return new GatewayConfig(
                baseUrl,
                region,
                listeners,
                tls,
                dataFolder,
                rootKey,
                custody,
                threads,
                tenantId,
                resource,
                loginAuthority,
                others,
                administrators,
                initialRoles,
                deletion,
                attestationAuthorities,
                refusals,
                audit,
                observe);
    }

    /** Where clients come. */
    Listener front() {
        return listeners.stream()
                .filter(listener -> listener.planes().contains(Plane.DATA))
                .findFirst()
                .orElseThrow();
    }
}
