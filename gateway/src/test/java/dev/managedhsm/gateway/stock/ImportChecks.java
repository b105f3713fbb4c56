// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.stock;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.azure.core.exception.HttpResponseException;
import com.azure.core.util.BinaryData;
import com.azure.security.keyvault.keys.KeyClient;
import com.azure.security.keyvault.keys.cryptography.models.KeyWrapAlgorithm;
import com.azure.security.keyvault.keys.cryptography.models.SignatureAlgorithm;
import com.azure.security.keyvault.keys.models.CreateRsaKeyOptions;
import com.azure.security.keyvault.keys.models.ImportKeyOptions;
import com.azure.security.keyvault.keys.models.JsonWebKey;
import com.azure.security.keyvault.keys.models.KeyCurveName;
import com.azure.security.keyvault.keys.models.KeyOperation;
import com.azure.security.keyvault.keys.models.KeyProperties;
import com.azure.security.keyvault.keys.models.KeyReleasePolicy;
import com.azure.security.keyvault.keys.models.KeyType;
import com.azure.security.keyvault.keys.models.KeyVaultKey;
import dev.managedhsm.gateway.fixture.ForeignKeys;
import dev.managedhsm.gateway.fixture.PublicKeys;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.Security;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;

/** What the stock client does with keys that its user brings, and with keys that are there already. */
final class ImportChecks {
    private static final byte[] MESSAGE = "brought by a stock client".getBytes(StandardCharsets.UTF_8);
    private static final String POLICY = "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"https://a.test\","
            + "\"allOf\":[{\"claim\":\"a\",\"equals\":\"b\"}]}]}";

    private final StockClient client;
    private final KeyClient keys;

    ImportChecks(StockClient client) {
        this.client = client;
        this.keys = client.keys;
    }

    void addTo(Map<String, StockClient.Check> checks) {
        checks.put("imports RSA", this::importsRsa);
        checks.put("imports EC P-256", () -> importsEc("P-256", SignatureAlgorithm.ES256));
        checks.put("imports EC P-384", () -> importsEc("P-384", SignatureAlgorithm.ES384));
        checks.put("imports EC P-521", () -> importsEc("P-521", SignatureAlgorithm.ES512));
        checks.put("imports oct", this::importsOct);
        checks.put("imports what was wrapped under an exchange key", this::importsWrapped);
        checks.put("imports with options", this::importsWithOptions);
        checks.put("understands that a key is refused", this::refused);
        checks.put("creates RSA with an exponent", this::createsWithExponent);
        checks.put("creates an exportable key and freezes its policy", this::exportable);
        checks.put("updates properties", this::updates);
    }

    private void importsRsa() {
        KeyPair pair = ForeignKeys.rsa(2048);
        KeyVaultKey key = keys.importKey("brought-rsa", JsonWebKey.fromRsa(pair));

        assertEquals(KeyType.RSA_HSM, key.getKeyType());
        byte[] signature =
                client.remote(key).signData(SignatureAlgorithm.PS256, MESSAGE).getSignature();
        assertTrue(PublicKeys.verified(pair.getPublic(), "PS256", MESSAGE, signature));
    }

    /** Several, because the client writes numbers as Java does, in lengths that differ from pair to pair. */
    private void importsEc(String curve, SignatureAlgorithm algorithm) {
        for (int i = 0; i < 6; i++) {
            KeyPair pair = ForeignKeys.pair(curve);
            KeyVaultKey key =
                    keys.importKey("brought-" + curve, JsonWebKey.fromEc(pair, Security.getProvider("SunEC")));
            assertEquals(KeyType.EC_HSM, key.getKeyType());
            assertEquals(KeyCurveName.fromString(curve), key.getKey().getCurveName());
            byte[] signature = client.remote(key).signData(algorithm, MESSAGE).getSignature();
            assertTrue(PublicKeys.verified(pair.getPublic(), algorithm.toString(), MESSAGE, signature));
        }
    }

    private void importsOct() throws Exception {
        SecretKeySpec secret = new SecretKeySpec(new byte[32], "AES");
        KeyVaultKey key = keys.importKey("brought-oct", JsonWebKey.fromAes(secret));

        byte[] inner = new byte[16];
        byte[] wrapped =
                client.remote(key).wrapKey(KeyWrapAlgorithm.A256KW, inner).getEncryptedKey();
        Cipher outside = Cipher.getInstance("AES/KW/NoPadding");
        outside.init(Cipher.UNWRAP_MODE, secret);
        assertArrayEquals(
                inner, outside.unwrap(wrapped, "AES", Cipher.SECRET_KEY).getEncoded());
    }

    private void importsWrapped() {
        KeyVaultKey exchange = keys.createRsaKey(new CreateRsaKeyOptions("exchange")
                .setKeySize(2048)
                .setHardwareProtected(true)
                .setKeyOperations(KeyOperation.IMPORT));
        KeyPair pair = ForeignKeys.rsa(2048);
        byte[] wrapped = ForeignKeys.wrapped(
                SignatureChecks.publicPart(exchange), pair.getPrivate().getEncoded(), 32);
        byte[] file = ForeignKeys.blob(exchange.getId(), wrapped).encode().getBytes(StandardCharsets.UTF_8);

        KeyVaultKey key = keys.importKey(
                "brought-wrapped",
                new JsonWebKey()
                        .setKeyType(KeyType.RSA_HSM)
                        .setKeyOps(List.of(KeyOperation.SIGN, KeyOperation.VERIFY))
                        .setT(file));

        byte[] signature =
                client.remote(key).signData(SignatureAlgorithm.RS256, MESSAGE).getSignature();
        assertTrue(PublicKeys.verified(pair.getPublic(), "RS256", MESSAGE, signature));
    }

    private void importsWithOptions() {
        OffsetDateTime end = OffsetDateTime.of(2037, 1, 2, 3, 4, 5, 0, ZoneOffset.UTC);
        ImportKeyOptions options = new ImportKeyOptions("brought-options", JsonWebKey.fromRsa(ForeignKeys.rsa(2048)))
                .setHardwareProtected(true)
                .setEnabled(false)
                .setExpiresOn(end);
        KeyVaultKey key = keys.importKey(options);
        assertFalse(key.getProperties().isEnabled());
        assertEquals(end, key.getProperties().getExpiresOn());
    }

    private void refused() {
        HttpResponseException refusal = assertThrows(
                HttpResponseException.class,
                () -> keys.importKey("brought-small", JsonWebKey.fromRsa(ForeignKeys.rsa(1024))));
        assertEquals(400, refusal.getResponse().getStatusCode());
        assertTrue(String.valueOf(refusal.getMessage()).contains("Invalid key size: '1024'"), refusal.getMessage());
    }

    private void createsWithExponent() {
        KeyVaultKey key = keys.createRsaKey(
                new CreateRsaKeyOptions("exponent").setKeySize(2048).setPublicExponent(65_539));
        assertArrayEquals(new byte[] {1, 0, 3}, key.getKey().getE());
    }

    private void exportable() {
        KeyVaultKey key = keys.createRsaKey(new CreateRsaKeyOptions("exportable")
                .setKeySize(2048)
                .setExportable(true)
                .setReleasePolicy(new KeyReleasePolicy(BinaryData.fromString(POLICY))));
        assertTrue(key.getProperties().isExportable());

        KeyProperties properties = key.getProperties();
        properties.setReleasePolicy(new KeyReleasePolicy(BinaryData.fromString(POLICY)).setImmutable(true));
        KeyVaultKey frozen = keys.updateKeyProperties(properties);

        assertTrue(frozen.getProperties().getReleasePolicy().isImmutable());
        assertTrue(frozen.getProperties().isExportable());
    }

    /** With nothing said of operations the client sends an empty list, which must change nothing. */
    private void updates() {
        KeyVaultKey key = keys.createRsaKey(new CreateRsaKeyOptions("updated").setKeySize(2048));
        KeyProperties properties = key.getProperties().setEnabled(false).setTags(Map.of("a", "b"));

        KeyVaultKey updated = keys.updateKeyProperties(properties);

        assertFalse(updated.getProperties().isEnabled());
        assertEquals(Map.of("a", "b"), updated.getProperties().getTags());
        assertEquals(6, updated.getKeyOperations().size());
        properties.setEnabled(true);
        assertEquals(
                List.of(KeyOperation.VERIFY),
                keys.updateKeyProperties(properties, KeyOperation.VERIFY).getKeyOperations());
    }
}
