// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import io.netty.handler.codec.http.QueryStringDecoder;
import org.jspecify.annotations.Nullable;

/**
 * The path of a role request, taken apart: {@code {scope}/providers/Microsoft.Authorization/{family}[/{name}]}.
 *
 * <p>Parsed by hand, before the router: clients write the scope {@code /} as one to four slashes, and a scope may look like
 * a key's path.
 *
 * @param scope the scope as it stands in the path, not checked
 * @param family definitions or assignments
 * @param name the GUID as it stands in the path, not checked; empty where the path names the whole family
 */
record RolePath(String scope, Family family, String name) {
    private static final String PROVIDER = "/providers/Microsoft.Authorization/";

    /** What a path can be about. */
    enum Family {
        ASSIGNMENTS("roleAssignments"),
        DEFINITIONS("roleDefinitions");

        private final String segment;

        Family(String segment) {
            this.segment = segment;
        }
    }

    /** The path's parts, or null if it is not one of roles. */
    static @Nullable RolePath parse(String path) {
        String decoded = decoded(path);
        int provider = indexOfProvider(decoded);
        if (provider < 0) {
            return null;
        }
        String tail = decoded.substring(provider + PROVIDER.length());
        int slash = tail.indexOf('/');
        String segment = slash < 0 ? tail : tail.substring(0, slash);
        String name = slash < 0 ? "" : tail.substring(slash + 1);
        if (name.endsWith("/")) {
            name = name.substring(0, name.length() - 1);
        }
        for (Family family : Family.values()) {
            if (family.segment.equalsIgnoreCase(segment)) {
                return new RolePath(decoded.substring(0, provider), family, name);
            }
        }
        return null;
    }

    private static String decoded(String path) {
        if (path.indexOf('%') < 0) {
            return path;
        }
        try {
            return new QueryStringDecoder(path, true).path();
        } catch (IllegalArgumentException malformed) {
            return ""; // the router refuses it
        }
    }

    private static int indexOfProvider(String path) {
        for (int i = 0; i + PROVIDER.length() <= path.length(); i++) {
            if (path.regionMatches(true, i, PROVIDER, 0, PROVIDER.length())) {
                return i;
            }
        }
        return -1;
    }
}
