// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a configuration file says about one authority whose attestations are believed when keys are released.
 *
 * @param issuer its name: the https URL that tokens carry as {@code iss}
 * @param keys file of its public keys, a JSON Web Key Set; null to ask its own host for them
 * @param trustedCertificates PEM file of the only certificates trusted there; null for those of the Java runtime
 */
public record AttestationSettings(
        URI issuer, @Nullable Path keys, @Nullable Path trustedCertificates) {}
