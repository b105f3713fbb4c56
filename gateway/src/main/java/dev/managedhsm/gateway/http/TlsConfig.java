// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * With which files TLS speaks; what they hold may change while the HSM runs. Immutable, and free of secrets: they are
 * named by their path.
 *
 * @param certificateChain PEM file: the server's certificate, then its intermediates
 * @param privateKey PEM file: the server's private key, PKCS#8
 * @param passphrase where the private key's passphrase is, in UTF-8; null if the key is not encrypted
 * @param oldest the oldest version that is spoken
 * @param clients whether clients show certificates
 * @param clientAuthorities PEM file: who signs clients' certificates; null if clients show none
 * @param lookEvery how often the files are looked at
 */
public record TlsConfig(
        Path certificateChain,
        Path privateKey,
        @Nullable SecretSource passphrase,
        Version oldest,
        ClientCertificates clients,
        @Nullable Path clientAuthorities,
        Duration lookEvery) {
    /** How often files are looked at unless somebody says otherwise. */
    public static final Duration LOOK_EVERY_DEFAULT = Duration.ofSeconds(10);

    /** Versions of TLS. */
    public enum Version {
        TLS_1_2,
        TLS_1_3
    }

    /** Whether clients show certificates. */
    public enum ClientCertificates {
        /** They are not asked. */
        NONE,
        /** They are asked, and may refuse. */
        OPTIONAL,
        /** Who shows none is not talked to. */
        REQUIRED
    }

    /** Authorities are named exactly when clients are asked; anything else is a programmer's mistake. */
    public TlsConfig {
        if ((clients == ClientCertificates.NONE) != (clientAuthorities == null)) {
            throw new IllegalArgumentException("client certificates and their authorities go together");
        }
    }

    /** TLS 1.2 and 1.3 with a key that is not encrypted, without client certificates. */
    public TlsConfig(Path certificateChain, Path privateKey) {
        this(certificateChain, privateKey, null, Version.TLS_1_2, ClientCertificates.NONE, null, LOOK_EVERY_DEFAULT);
    }
}
