// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.attestation;

import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A party whose word about environments this HSM believes, as its operator configured it. Whoever writes a release policy
 * can choose among these only.
 *
 * @param issuer its name: the https URL that tokens carry as {@code iss} and policies as {@code authority}, compared
 *     exactly
 * @param keyFile a JSON Web Key Set with its keys; null to fetch them by OpenID Connect Discovery 1.0 from the issuer's
 *     own host
 * @param trustedCertificates PEM file: the only CAs that its host's certificate may come from; null for those of the JDK
 */
public record AttestationAuthority(
        String issuer, @Nullable Path keyFile, @Nullable Path trustedCertificates) {

    /** Refuses an issuer that is no https URL of a host. */
    public AttestationAuthority {
        URI uri = URI.create(issuer);
        boolean plain = uri.getRawUserInfo() == null && uri.getRawQuery() == null && uri.getRawFragment() == null;
        if (!"https".equals(uri.getScheme()) || uri.getHost() == null || !plain) {
            throw new IllegalArgumentException(
                    "The attestation authority " + issuer + " is not an https URL without query; correct it.");
        }
    }

    /** Where its metadata is (OpenID Connect Discovery 1.0 section 4.1). */
    URI metadata() {
        String base = issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer;
        return URI.create(base + "/.well-known/openid-configuration");
    }

    /** Whether an address is on the issuer's own host, reached in the same way. */
    boolean sameOrigin(URI other) {
        URI own = URI.create(issuer);
        return "https".equals(other.getScheme())
                && own.getHost().equalsIgnoreCase(other.getHost())
                && port(own) == port(other)
                && other.getRawUserInfo() == null
                && other.getRawFragment() == null;
    }

    static int port(URI uri) {
        return uri.getPort() < 0 ? 443 : uri.getPort();
    }
}
