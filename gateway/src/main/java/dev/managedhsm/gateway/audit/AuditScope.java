// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which requests are recorded: all but those by which machines look every few seconds whether the HSM is well, which touch
 * no key and ask nobody who he is. They are answered also while nothing can be recorded. Stateless; any thread.
 */
public final class AuditScope {
    private static final List<String> LOOKED_AT = List.of("/health", "/metrics", "/dashboard");

    private AuditScope() {}

    /** Whether a request is recorded. */
    public static boolean recorded(String method, @Nullable String path) {
        if (path == null || path.length() < 2) {
            return true;
        }
        char second = path.charAt(1);
        if (second != 'h' && second != 'm' && second != 'd') { // nearly all of them
            return true;
        }
        for (String prefix : LOOKED_AT) {
            boolean whole = path.length() == prefix.length()
                    || (path.length() > prefix.length() && path.charAt(prefix.length()) == '/');
            if (path.startsWith(prefix) && whole) {
                return !"GET".equals(method) && !"HEAD".equals(method);
            }
        }
        return true;
    }
}
