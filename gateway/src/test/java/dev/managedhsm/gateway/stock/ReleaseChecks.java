// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.stock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.azure.core.exception.HttpResponseException;
import com.azure.core.util.BinaryData;
import com.azure.core.util.Context;
import com.azure.security.keyvault.keys.models.CreateRsaKeyOptions;
import com.azure.security.keyvault.keys.models.KeyExportEncryptionAlgorithm;
import com.azure.security.keyvault.keys.models.KeyReleasePolicy;
import com.azure.security.keyvault.keys.models.KeyVaultKey;
import com.azure.security.keyvault.keys.models.ReleaseKeyOptions;
import com.azure.security.keyvault.keys.models.ReleaseKeyResult;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;

/** What the stock client does with exportable keys. The authority's name and a token of it come from who starts it. */
final class ReleaseChecks {
    private final StockClient client;
    private final String issuer;
    private final String token;

    ReleaseChecks(StockClient client, String issuer, String token) {
        this.client = client;
        this.issuer = issuer;
        this.token = token;
    }

    void addTo(Map<String, StockClient.Check> checks) {
        checks.put("creates an exportable key and releases it", this::releases);
        checks.put("releases a key by version, with nonce and algorithm", this::releasesWithOptions);
        checks.put("understands the refusal of a release", this::understandsRefusals);
    }

    private KeyVaultKey exportable(String name, String kind) {
        String policy = "{\"anyOf\":[{\"anyOf\":[{\"claim\":\"tee.kind\",\"equals\":\"" + kind + "\"}],\"authority\":\""
                + issuer + "\"}],\"version\":\"1.0.0\"}";
        return client.keys.createRsaKey(new CreateRsaKeyOptions(name)
                .setHardwareProtected(true)
                .setExportable(true)
                .setReleasePolicy(new KeyReleasePolicy(BinaryData.fromString(policy))));
    }

    private void releases() {
        KeyVaultKey key = exportable("release-1", "sevsnpvm");
        assertTrue(key.getProperties().isExportable());
        ReleaseKeyResult result = client.keys.releaseKey("release-1", token);
        assertTrue(payload(result).contains("\"kid\":\"" + key.getId() + "\""));
    }

    private void releasesWithOptions() {
        KeyVaultKey key = exportable("release-2", "sevsnpvm");
        ReleaseKeyOptions options = new ReleaseKeyOptions()
                .setAlgorithm(KeyExportEncryptionAlgorithm.RSA_AES_KEY_WRAP_256)
                .setNonce("nonce-1");
        ReleaseKeyResult result = client.keys
                .releaseKeyWithResponse("release-2", key.getProperties().getVersion(), token, options, Context.NONE)
                .getValue();
        String payload = payload(result);
        assertTrue(payload.contains("\"nonce\":\"nonce-1\""), payload);
        assertTrue(payload.contains("\"enc\":\"RSA_AES_KEY_WRAP_256\""), payload);
    }

    private void understandsRefusals() {
        exportable("release-3", "sgx");
        HttpResponseException refused =
                assertThrows(HttpResponseException.class, () -> client.keys.releaseKey("release-3", token));
        assertEquals(403, refused.getResponse().getStatusCode());
    }

    private static String payload(ReleaseKeyResult result) {
        String[] segments = result.getValue().split("\\.", -1);
        assertEquals(3, segments.length);
        return new String(Base64.getUrlDecoder().decode(segments[1]), StandardCharsets.UTF_8);
    }
}
