// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import java.util.EnumMap;
import java.util.Map;
import java.util.UUID;

/**
 * The {@code WWW-Authenticate} header of a 401 answer, from which clients learn where to get a token and for what. All
 * its texts are made once; any thread may read them.
 *
 * <p>Stock clients take it apart by hand: attributes must be separated by comma and space, values must contain neither,
 * {@code authorization} ends in the tenant and nothing else, and the first two attributes come first.
 */
public final class Challenge {
    private final String text;
    private final Map<RejectionReason, String> textByReason = new EnumMap<>(RejectionReason.class);

    /**
     * @param authority where tokens are issued, such as {@code https://login.example.org}, without a slash at the end
     * @param tenantId the HSM's tenant
     * @param resource what tokens are for: an origin whose host is a parent domain of the HSM's own, without a slash at
     *     the end; clients append {@code /.default} and ask for that
     * @throws IllegalArgumentException with a sentence for the operator, when clients could not read the result
     */
    public Challenge(String authority, UUID tenantId, String resource) {
        refuseUnreadable(authority, "authority");
        refuseUnreadable(resource, "resource");
        this.text = "Bearer authorization=\"" + authority + "/" + tenantId + "\", resource=\"" + resource + "\"";
        for (RejectionReason reason : RejectionReason.values()) {
            String description = ", error=\"invalid_token\", error_description=\"" + reason.hint() + "\"";
            textByReason.put(reason, reason.hint().isEmpty() ? text : text + description);
        }
    }

    /** For a request without a token (RFC 6750 section 3.1: then there is nothing to explain). */
    public String text() {
        return text;
    }

    /** For a request whose token was refused, with a word on why. */
    public String text(RejectionReason reason) {
        return textByReason.getOrDefault(reason, text);
    }

    private static void refuseUnreadable(String url, String what) {
        boolean readable = url.startsWith("https://") && !url.endsWith("/");
        for (int i = 0; i < url.length(); i++) {
            char c = url.charAt(i);
            readable &= c > 0x20 && c < 0x7f && c != '"' && c != '\\' && c != ',';
        }
        if (!readable) {
            throw new IllegalArgumentException("The " + what
                    + " of the challenge must be an https URL without a slash at the end, quotes, commas and spaces.");
        }
    }
}
