// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.crypto.key.ReleasePolicy;
import dev.managedhsm.gateway.policy.Policy;
import dev.managedhsm.gateway.policy.PolicyRefused;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Azure's {@code release_policy}: read from requests, written into answers. Any thread.
 *
 * <p>What is stored and answered is the canonical form of what was sent, with the members that were left out filled in,
 * so the text in an answer is not byte for byte that of the request.
 */
public final class ReleasePolicyBody {
    private static final String CONTENT_TYPE = "application/json; charset=utf-8";
    private static final String NAME = "release_policy";

    private ReleasePolicyBody() {}

    /**
     * Reads the member of a request.
     *
     * @param body the whole request
     * @return the policy, or null where the request has none
     * @throws Refused saying what is not acceptable
     */
    public static @Nullable ReleasePolicy read(JsonObject body) throws Refused {
        if (body.getValue(NAME) == null) {
            return null;
        }
        JsonObject policy = JsonFields.object(body, NAME);
        String contentType = JsonFields.text(policy, "contentType");
        if (contentType != null && !acceptable(contentType)) {
            throw new Refused("Property 'release_policy.contentType' is not application/json");
        }
        Object immutable = policy.getValue("immutable");
        if (immutable != null && !(immutable instanceof Boolean)) {
            throw new Refused("Property 'release_policy.immutable' is not true or false");
        }
        String data = JsonFields.text(policy, "data");
        if (data == null || data.isEmpty()) {
            throw new Refused("Property 'release_policy.data' is required");
        }
        return new ReleasePolicy(
                contentType == null ? CONTENT_TYPE : contentType, canonical(data), Boolean.TRUE.equals(immutable));
    }

    private static boolean acceptable(String contentType) {
        String type = contentType.toLowerCase(Locale.ROOT);
        return contentType.length() <= ReleasePolicy.CONTENT_TYPE_LENGTH_MAX
                && contentType.chars().noneMatch(Character::isISOControl)
                && (type.equals("application/json") || type.startsWith("application/json;"));
    }

    private static String canonical(String data) throws Refused {
        byte[] json;
        try {
            json = Base64.getUrlDecoder().decode(data.replace('+', '-').replace('/', '_'));
        } catch (IllegalArgumentException e) {
            throw new Refused("Property 'release_policy.data' is not base64url");
        }
        try {
            return Policy.read(json).json();
        } catch (PolicyRefused e) {
            throw new Refused(e.reason());
        }
    }

    /** The member of an answer. */
    public static JsonObject write(ReleasePolicy policy) {
        byte[] json = policy.json().getBytes(StandardCharsets.UTF_8);
        return new JsonObject()
                .put("contentType", policy.contentType())
                .put("data", Base64.getUrlEncoder().withoutPadding().encodeToString(json))
                .put("immutable", policy.immutable());
    }
}
