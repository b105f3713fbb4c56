// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.stock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.azure.core.exception.HttpResponseException;
import com.azure.core.exception.ResourceNotFoundException;
import com.azure.security.keyvault.keys.KeyClient;
import com.azure.security.keyvault.keys.models.CreateEcKeyOptions;
import com.azure.security.keyvault.keys.models.CreateRsaKeyOptions;
import com.azure.security.keyvault.keys.models.KeyRotationLifetimeAction;
import com.azure.security.keyvault.keys.models.KeyRotationPolicy;
import com.azure.security.keyvault.keys.models.KeyRotationPolicyAction;
import com.azure.security.keyvault.keys.models.KeyVaultKey;
import java.util.List;
import java.util.Map;

/** What the stock client does to rotate keys. */
final class RotationChecks {
    private final StockClient client;
    private final KeyClient keys;

    RotationChecks(StockClient client) {
        this.client = client;
        this.keys = client.keys;
    }

    void addTo(Map<String, StockClient.Check> checks) {
        checks.put("rotates an EC key without a policy", this::rotatesWithoutPolicy);
        checks.put("rotates an RSA key by a policy with an expiry", this::rotatesByPolicy);
        checks.put("sets and gets a rotation policy with both actions", this::bothActions);
        checks.put("gets the policy of a key without one and sends it back", this::noPolicy);
        checks.put("takes a rotation policy away", this::takesAway);
        checks.put("understands a rotation policy out of bounds", this::outOfBounds);
        checks.put("understands that a key to rotate is unknown", this::unknown);
    }

    private static KeyRotationLifetimeAction rotate() {
        return new KeyRotationLifetimeAction(KeyRotationPolicyAction.ROTATE);
    }

    private void rotatesWithoutPolicy() {
        KeyVaultKey first = keys.createEcKey(new CreateEcKeyOptions("rotate-plain").setTags(Map.of("a", "b")));

        KeyVaultKey second = keys.rotateKey("rotate-plain");

        assertNotEquals(first.getId(), second.getId());
        assertEquals(first.getName(), second.getName());
        assertEquals(first.getKeyType(), second.getKeyType());
        assertEquals(first.getKey().getCurveName(), second.getKey().getCurveName());
        assertEquals(first.getKeyOperations(), second.getKeyOperations());
        assertEquals(Map.of("a", "b"), second.getProperties().getTags());
        assertNull(second.getProperties().getExpiresOn());
        assertEquals(second.getId(), keys.getKey("rotate-plain").getId());
    }

    private void rotatesByPolicy() {
        keys.createRsaKey(new CreateRsaKeyOptions("rotate-policy"));
        keys.updateKeyRotationPolicy(
                "rotate-policy",
                new KeyRotationPolicy()
                        .setLifetimeActions(List.of(rotate().setTimeBeforeExpiry("P28D")))
                        .setExpiresIn("P56D"));

        KeyVaultKey rotated = keys.rotateKey("rotate-policy");

        assertEquals(256, rotated.getKey().getN().length);
        assertEquals(
                rotated.getProperties().getCreatedOn().plusDays(56),
                rotated.getProperties().getExpiresOn());
    }

    private void bothActions() {
        keys.createEcKey(new CreateEcKeyOptions("rotation-both"));
        KeyRotationPolicy wanted = new KeyRotationPolicy()
                .setLifetimeActions(List.of(
                        rotate().setTimeAfterCreate("P18M"),
                        new KeyRotationLifetimeAction(KeyRotationPolicyAction.NOTIFY).setTimeBeforeExpiry("P30D")))
                .setExpiresIn("P2Y");

        KeyRotationPolicy set = keys.updateKeyRotationPolicy("rotation-both", wanted);
        KeyRotationPolicy got = keys.getKeyRotationPolicy("rotation-both");

        for (KeyRotationPolicy policy : List.of(set, got)) {
            assertEquals(client.url + "/keys/rotation-both/rotationpolicy", policy.getId());
            assertEquals("P2Y", policy.getExpiresIn());
            assertEquals(set.getCreatedOn(), policy.getCreatedOn());
            assertEquals(set.getUpdatedOn(), policy.getUpdatedOn());
            KeyRotationLifetimeAction rotate = policy.getLifetimeActions().get(0);
            assertEquals(KeyRotationPolicyAction.ROTATE, rotate.getAction());
            assertEquals("P18M", rotate.getTimeAfterCreate());
            assertNull(rotate.getTimeBeforeExpiry());
            KeyRotationLifetimeAction notify = policy.getLifetimeActions().get(1);
            assertEquals(KeyRotationPolicyAction.NOTIFY, notify.getAction());
            assertEquals("P30D", notify.getTimeBeforeExpiry());
        }
    }

    private void noPolicy() {
        keys.createEcKey(new CreateEcKeyOptions("rotation-none"));

        KeyRotationPolicy none = keys.getKeyRotationPolicy("rotation-none");

        assertTrue(none.getLifetimeActions().isEmpty());
        assertNull(none.getExpiresIn());
        assertNull(none.getCreatedOn());
        KeyRotationPolicy back = keys.updateKeyRotationPolicy("rotation-none", none);
        assertTrue(back.getLifetimeActions().isEmpty());
    }

    private void takesAway() {
        keys.createEcKey(new CreateEcKeyOptions("rotation-away"));
        keys.updateKeyRotationPolicy(
                "rotation-away",
                new KeyRotationPolicy().setLifetimeActions(List.of(rotate().setTimeAfterCreate("P90D"))));

        keys.updateKeyRotationPolicy("rotation-away", new KeyRotationPolicy().setLifetimeActions(List.of()));

        assertTrue(
                keys.getKeyRotationPolicy("rotation-away").getLifetimeActions().isEmpty());
    }

    private void outOfBounds() {
        keys.createEcKey(new CreateEcKeyOptions("rotation-bounds"));
        KeyRotationPolicy early =
                new KeyRotationPolicy().setLifetimeActions(List.of(rotate().setTimeAfterCreate("P27D")));

        HttpResponseException refused =
                assertThrows(HttpResponseException.class, () -> keys.updateKeyRotationPolicy("rotation-bounds", early));

        assertEquals(400, refused.getResponse().getStatusCode());
    }

    private void unknown() {
        assertThrows(ResourceNotFoundException.class, () -> keys.rotateKey("nobody"));
        assertThrows(ResourceNotFoundException.class, () -> keys.getKeyRotationPolicy("nobody"));
    }
}
