// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Gets the text at an HTTPS URL: the seam behind which a network is. Any thread may call it; it never blocks.
 *
 * <p>Whoever implements it verifies the server's certificate and name, follows no redirect, takes no answer but 200, and
 * bounds both the answer's length and the time it takes.
 */
@FunctionalInterface
public interface KeyFetch {
    /** Longest text, in bytes. */
    int LENGTH_MAX = 256 * 1024;

    /**
     * Begins to fetch.
     *
     * @param url with the scheme https
     * @param trustedCertificates PEM file with the only certificates to trust, or null for those that this Java trusts
     * @return the text, or a failure whose message is a phrase for the operator
     */
    CompletionStage<String> fetch(URI url, @Nullable Path trustedCertificates);
}
