// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.key.ReleasePolicy;
import dev.managedhsm.crypto.lifecycle.LifecyclePolicy;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Base64;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Keys as Azure shows them: bundles, list items, and what deletion adds. Members in alphabetical order, absent ones left
 * out. May be called by any thread.
 *
 * <p>The recovery level follows from what the owner decided about deletion: 90 days are the service's default and plainly
 * "recoverable", a shorter time is "customized", and without purge protection the key is "purgeable".
 */
public final class KeyBody {
    private final String baseUrl;
    private final int retentionDays;
    private final String recoveryLevel;
    private final boolean showsKeySize;

    /**
     * @param baseUrl scheme, host and port of the identifiers, without a slash at the end
     * @param deletion what the owner decided about deletion
     */
    public KeyBody(String baseUrl, LifecyclePolicy deletion) {
        this(baseUrl, deletion.retentionDays(), recoveryLevel(deletion), false);
    }

    private KeyBody(String baseUrl, int retentionDays, String recoveryLevel, boolean showsKeySize) {
        this.baseUrl = baseUrl;
        this.retentionDays = retentionDays;
        this.recoveryLevel = recoveryLevel;
        this.showsKeySize = showsKeySize;
    }

    private static String recoveryLevel(LifecyclePolicy deletion) {
        boolean usual = deletion.retentionDays() == LifecyclePolicy.DEFAULT.retentionDays();
        return (usual ? "Recoverable" : "CustomizedRecoverable") + (deletion.purgeProtection() ? "" : "+Purgeable");
    }

    /**
     * Bodies as a client expects them that speaks a version of the API.
     *
     * @param apiVersion the version, or null
     */
    public KeyBody speaking(@Nullable String apiVersion) {
        boolean knows = ApiVersion.knowsKeySize(apiVersion);
        return knows == showsKeySize ? this : new KeyBody(baseUrl, retentionDays, recoveryLevel, knows);
    }

    /** A key version with its public part. */
    public JsonObject bundle(KeyFacts key) {
        JsonObject body = new JsonObject().put("attributes", attributes(key)).put("key", jwk(key));
        ReleasePolicy policy = key.releasePolicy();
        if (policy != null) {
            body.put("release_policy", ReleasePolicyBody.write(policy));
        }
        return withTags(body, key);
    }

    /** A key version with its public part and what its attestation says; see {@link AttestationBody}. */
    public JsonObject bundle(KeyFacts key, JsonObject attestation) {
        JsonObject body = bundle(key);
        JsonObject attributes = body.getJsonObject("attributes").put("attestation", attestation);
        return body.put("attributes", new JsonObject(new TreeMap<>(attributes.getMap())));
    }

    /** The public key of a key version: what a verifier needs, and nothing else. */
    JsonObject publicKey(KeyFacts key) {
        JsonObject body = jwk(key);
        body.remove("key_ops");
        body.remove("kid");
        return body.put("kty", key.keyClass().type() == KeyType.RSA ? "RSA" : "EC");
    }

    /** A key in a list of keys: its identifier names no version. */
    public JsonObject item(KeyFacts key) {
        return item(key, baseUrl + "/keys/" + key.name());
    }

    /** A version in a list of versions. */
    public JsonObject versionItem(KeyFacts key) {
        return item(key, kid(key));
    }

    private JsonObject item(KeyFacts key, String kid) {
        JsonObject body = new JsonObject().put("attributes", attributes(key)).put("kid", kid);
        return withTags(body, key);
    }

    /** What a body says besides when its key is deleted; all times in Unix seconds. */
    public JsonObject deleted(JsonObject body, KeyFacts key, long deletedSeconds, long purgeSeconds) {
        body.put("deletedDate", deletedSeconds)
                .put("recoveryId", baseUrl + "/deletedkeys/" + key.name())
                .put("scheduledPurgeDate", purgeSeconds);
        return new JsonObject(new TreeMap<>(body.getMap()));
    }

    /** The full identifier of a key version. */
    public String kid(KeyFacts key) {
        return baseUrl + "/keys/" + key.name() + '/' + key.version();
    }

    private JsonObject attributes(KeyFacts key) {
        KeyAttributes attributes = key.attributes();
        JsonObject body = new JsonObject().put("created", attributes.created()).put("enabled", attributes.enabled());
        if (attributes.expires() != KeyAttributes.NONE) {
            body.put("exp", attributes.expires());
        }
        body.put("exportable", key.exportable());
        if (showsKeySize && key.keyClass().type() == KeyType.OCT) {
            body.put("key_size", key.keyClass().bits());
        }
        if (attributes.notBefore() != KeyAttributes.NONE) {
            body.put("nbf", attributes.notBefore());
        }
        return body.put("recoverableDays", retentionDays)
                .put("recoveryLevel", recoveryLevel)
                .put("updated", attributes.updated());
    }

    private JsonObject jwk(KeyFacts key) {
        JsonObject body = new JsonObject();
        if (key.publicPart() instanceof PublicPart.Point) {
            body.put("crv", WireNames.curve(key.keyClass()));
        }
        if (key.publicPart() instanceof PublicPart.Rsa rsa) {
            body.put("e", base64Url(rsa.exponent()));
        }
        JsonArray operations = new JsonArray();
        for (PermittedOperation permitted : key.permitted()) {
            operations.add(WireNames.of(permitted));
        }
        body.put("key_ops", operations)
                .put("kid", kid(key))
                .put("kty", WireNames.of(key.keyClass().type()));
        switch (key.publicPart()) {
            case PublicPart.Rsa rsa -> body.put("n", base64Url(rsa.modulus()));
            case PublicPart.Point point -> body.put("x", base64Url(point.x())).put("y", base64Url(point.y()));
            case PublicPart.None none -> {}
        }
        return body;
    }

    private static JsonObject withTags(JsonObject body, KeyFacts key) {
        if (!key.tags().isEmpty()) {
            body.put("tags", new JsonObject(new TreeMap<>(key.tags())));
        }
        return body;
    }

    private static String base64Url(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
