// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The {@code api-version} that every call must name. All methods may be called by any thread. */
public final class ApiVersion {
    /** Every version that released clients send, and the newest one. */
    public static final Set<String> ACCEPTED = Set.of(
            "7.0",
            "7.1",
            "7.2",
            "7.3",
            "7.4",
            "7.5",
            "7.6",
            "2025-07-01",
            "2026-04-01",
            "7.2-preview",
            "7.3-preview",
            "7.4-preview.1",
            "7.5-preview.1",
            "7.6-preview.1",
            "7.6-preview.2",
            "2026-01-01-preview",
            "2026-03-01-preview",
            "2026-05-01-preview",
            "2026-07-01-preview");

    private static final String[] KNOWN = ACCEPTED.toArray(new String[0]);
    private static final String NAME = "api-version";

    private ApiVersion() {}

    /**
     * What is wrong with the version that a query names, or null if nothing is.
     *
     * @param query the URL's query, percent-encoded, or null
     */
    public static @Nullable WireError fault(@Nullable String query) {
        String version = query == null ? null : value(query);
        if (version == null || version.isEmpty()) {
            return WireError.badParameter("The api-version query parameter is required");
        }
        if (!ACCEPTED.contains(version)) {
            return WireError.badParameter("The specified version is not recognized: consult the documentation for the"
                    + " list of supported api-versions");
        }
        return null;
    }

    /**
     * Whether a client that speaks this version knows the attribute {@code key_size}.
     *
     * @param version an accepted version, or null
     */
    static boolean knowsKeySize(@Nullable String version) {
        // Versions that are dates come after all 7.x, and are in the order of their text.
        return version != null && !version.startsWith("7.") && version.compareTo("2026-04-01") >= 0;
    }

    /**
     * Whether a client that speaks this version reads a transfer key as a text that holds JSON.
     *
     * @param version an accepted version, or null
     */
    static boolean readsKeysAsText(@Nullable String version) {
        return version != null && version.startsWith("7.") && version.compareTo("7.6") < 0;
    }

    /** Whether a query names a version at all, known or not. */
    public static boolean named(@Nullable String query) {
        return query != null && value(query) != null;
    }

    /** The version that a query names, known or not, or null. */
    public static @Nullable String of(@Nullable String query) {
        return query == null ? null : value(query);
    }

    private static @Nullable String value(String query) {
        // The common case first: the only parameter, not percent-encoded.
        if (query.startsWith("api-version=") && query.indexOf('&') < 0 && query.indexOf('%') < 0) {
            for (String known : KNOWN) {
                if (query.length() == NAME.length() + 1 + known.length() && query.endsWith(known)) {
                    return known; // no new text for each request
                }
            }
            return query.substring(NAME.length() + 1);
        }
        for (String parameter : query.split("&", -1)) {
            int equals = parameter.indexOf('=');
            if (equals > 0 && NAME.equalsIgnoreCase(decoded(parameter.substring(0, equals)))) {
                return decoded(parameter.substring(equals + 1));
            }
        }
        return null;
    }

    private static @Nullable String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            return null;
        }
    }
}
