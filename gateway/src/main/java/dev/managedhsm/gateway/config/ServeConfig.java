// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import dev.managedhsm.gateway.GatewayConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a configuration file says. Immutable, and free of secrets.
 *
 * @param name the HSM's name
 * @param gateway what the gateway is told; the issuer of {@code identity} is not among its issuers yet
 * @param libcrypto the library that computes, or null for the HSM's own choice
 * @param identity the managed-identity endpoint, or null when there is none
 */
public record ServeConfig(
        String name,
        GatewayConfig gateway,
        @Nullable Path libcrypto,
        @Nullable IdentitySettings identity) {}
