// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where an issuer's public keys come from, a JSON Web Key Set (RFC 7517 section 5) each time. Nothing in a token can
 * name one of these.
 */
public sealed interface KeySource {
    /**
     * Keys that are known when the HSM starts and stay.
     *
     * @param jwks the key set's text
     */
    record Fixed(String jwks) implements KeySource {
        @Override
        public String toString() {
            return "Fixed"; // long, and whoever mistook private keys for public ones must not find them in a log
        }
    }

    /**
     * A file, read at start and again whenever its content has changed. What is not in it any more is not believed any
     * more: whoever edits the file is asked first.
     *
     * @param file the key set
     */
    record InFile(Path file) implements KeySource {}

    /**
     * An HTTPS URL.
     *
     * @param url of the key set, with the scheme https
     * @param trustedCertificates PEM file with the only certificates that are trusted there, either authorities or the
     *     server's own; null for those that this Java trusts
     */
    record AtUrl(URI url, @Nullable Path trustedCertificates) implements KeySource {
        /** Refuses anything but an absolute https URL with a host and without user information and fragment. */
        public AtUrl {
            refuseUnsafe(url);
        }
    }

    /**
     * An HTTPS URL of OpenID provider metadata (OpenID Connect Discovery 1.0 section 4), whose {@code jwks_uri} names the
     * key set. The metadata's {@code issuer} must be one of the issuer's URLs.
     *
     * @param url of the metadata, with the scheme https
     * @param trustedCertificates as with {@link AtUrl}, for both URLs
     */
    record ByDiscovery(URI url, @Nullable Path trustedCertificates) implements KeySource {
        /** Refuses what {@link AtUrl} refuses. */
        public ByDiscovery {
            refuseUnsafe(url);
        }
    }

    private static void refuseUnsafe(URI url) {
        if (!safe(url)) {
            throw new IllegalArgumentException("The keys of a token issuer can only be fetched from an https URL with a"
                    + " host, without user name and fragment; not from " + url + ".");
        }
    }

    /** Whether keys may be fetched from there: https on any host, this machine included. */
    static boolean safe(URI url) {
        return "https".equalsIgnoreCase(url.getScheme())
                && url.getHost() != null
                && !url.getHost().isEmpty()
                && url.getRawUserInfo() == null
                && url.getRawFragment() == null;
    }
}
