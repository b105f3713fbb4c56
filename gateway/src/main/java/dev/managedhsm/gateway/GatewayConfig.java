// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import dev.managedhsm.auth.token.TokenIssuer;
import dev.managedhsm.crypto.lifecycle.LifecyclePolicy;
import dev.managedhsm.gateway.refusal.RefusalConfig;
import java.nio.file.Path;
import java.util.List;

/**
 * Everything a gateway is told at start; the gateway itself reads nothing from the environment.
 *
 * <p>Immutable, and free of secrets: the private key is named by its path.
 *
 * @param bindAddress the address to listen on, as text: an IPv4 or IPv6 address, or a name that resolves to one
 * @param port the TCP port to listen on, 1 to 65535; not 0, because URLs, key ids and audiences carry the port
 * @param hostName the DNS name in URLs and key ids, without port
 * @param dataFolder the folder of the store and of the root key; made when missing
 * @param certificateChain PEM file: the server's certificate, then its intermediates
 * @param privateKey PEM file: the server's private key, PKCS#8
 * @param tenantId the tenant's id, a GUID in lower case
 * @param resource what the challenge names as {@code resource}, and the audience of tokens: a URL without trailing slash
 * @param loginAuthority the URL that the challenge names as {@code authorization}, without trailing slash; a slash and
 *     the tenant's id are appended
 * @param issuers who may sign tokens
 * @param administrators object ids, GUIDs in lower case, that are given Administrator, Crypto Officer and Crypto User at
 *     {@code /} at the first start; later starts go by what the store says
 * @param deletion how long deleted keys can be recovered, and whether they can be purged before
 * @param refusals where refused tokens are recorded
 */
public record GatewayConfig(
        String bindAddress,
        int port,
        String hostName,
        Path dataFolder,
        Path certificateChain,
        Path privateKey,
        String tenantId,
        String resource,
        String loginAuthority,
        List<TokenIssuer> issuers,
        List<String> administrators,
        LifecyclePolicy deletion,
        RefusalConfig refusals) {

    /** Copies the lists; a port outside 1 to 65535 is a programmer's mistake. */
    public GatewayConfig {
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("port " + port + " is not in 1 to 65535");
        }
        issuers = List.copyOf(issuers);
        administrators = List.copyOf(administrators);
    }
}
