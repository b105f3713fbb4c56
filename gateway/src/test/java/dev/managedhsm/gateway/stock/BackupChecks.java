// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.stock;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.azure.core.exception.HttpResponseException;
import com.azure.core.util.Context;
import com.azure.security.keyvault.keys.KeyClient;
import com.azure.security.keyvault.keys.cryptography.models.SignatureAlgorithm;
import com.azure.security.keyvault.keys.models.CreateEcKeyOptions;
import com.azure.security.keyvault.keys.models.CreateOctKeyOptions;
import com.azure.security.keyvault.keys.models.KeyAttestation;
import com.azure.security.keyvault.keys.models.KeyVaultKey;
import dev.managedhsm.gateway.fixture.AttestationVerifier;
import dev.managedhsm.gateway.fixture.PublicKeys;
import io.vertx.core.json.JsonObject;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;

/** What the stock client does with backups, random bytes and attestations. */
final class BackupChecks {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(20);

    private final StockClient client;
    private final KeyClient keys;

    BackupChecks(StockClient client) {
        this.client = client;
        this.keys = client.keys;
    }

    void addTo(Map<String, StockClient.Check> checks) {
        checks.put("backs up and restores a key", this::backsUpAndRestores);
        checks.put("understands a backup that was changed", this::changed);
        checks.put("understands a restore over a key that is there", this::taken);
        checks.put("gets random bytes", this::random);
        checks.put("gets and verifies the attestation of a pair", this::attestsAPair);
        checks.put("gets the attestation of a symmetric key", this::attestsASymmetricKey);
    }

    private void destroy(String name) {
        keys.beginDeleteKey(name).setPollInterval(POLL).waitForCompletion(LIMIT);
        keys.purgeDeletedKey(name);
    }

    private void backsUpAndRestores() {
        String name = "backed-up";
        KeyVaultKey first = keys.createEcKey(new CreateEcKeyOptions(name).setTags(Map.of("a", "b")));
        KeyVaultKey second = keys.createEcKey(new CreateEcKeyOptions(name));
        byte[] message = {1, 2, 3};
        byte[] before =
                client.remote(first).signData(SignatureAlgorithm.ES256, message).getSignature();
        byte[] backup = keys.backupKey(name);
        destroy(name);

        KeyVaultKey restored = keys.restoreKeyBackup(backup);

        assertEquals(second.getId(), restored.getId());
        assertArrayEquals(second.getKey().getX(), restored.getKey().getX());
        KeyVaultKey old = keys.getKey(name, first.getProperties().getVersion());
        assertEquals(Map.of("a", "b"), old.getProperties().getTags());
        assertEquals(first.getProperties().getCreatedOn(), old.getProperties().getCreatedOn());
        assertEquals(first.getProperties().getUpdatedOn(), old.getProperties().getUpdatedOn());
        byte[] after =
                client.remote(old).signData(SignatureAlgorithm.ES256, message).getSignature();
        assertTrue(PublicKeys.verified(SignatureChecks.publicPart(old), "ES256", message, before));
        assertTrue(PublicKeys.verified(SignatureChecks.publicPart(first), "ES256", message, after));
    }

    private void changed() {
        keys.createEcKey(new CreateEcKeyOptions("spoiled"));
        byte[] backup = keys.backupKey("spoiled");
        backup[backup.length / 2] ^= 1;
        HttpResponseException refusal = assertThrows(HttpResponseException.class, () -> keys.restoreKeyBackup(backup));
        assertEquals(400, refusal.getResponse().getStatusCode());
        assertTrue(String.valueOf(refusal.getMessage()).contains("MalformedBackupBlob"), refusal.getMessage());
    }

    private void taken() {
        keys.createEcKey(new CreateEcKeyOptions("stays"));
        byte[] backup = keys.backupKey("stays");
        HttpResponseException refusal = assertThrows(HttpResponseException.class, () -> keys.restoreKeyBackup(backup));
        assertEquals(409, refusal.getResponse().getStatusCode());
    }

    private void random() {
        byte[] one = keys.getRandomBytes(32);
        assertEquals(32, one.length);
        assertFalse(Arrays.equals(one, keys.getRandomBytes(32)));
        assertEquals(128, keys.getRandomBytes(128).length);
        assertThrows(HttpResponseException.class, () -> keys.getRandomBytes(129));
    }

    private void attestsAPair() {
        KeyVaultKey key = keys.createEcKey(new CreateEcKeyOptions("attested"));
        KeyVaultKey shown = keys.getKeyAttestation("attested");
        KeyAttestation attestation = shown.getProperties().getKeyAttestation();
        assertEquals("SOFTWARE-1", attestation.getVersion());
        X509Certificate certificate = AttestationVerifier.certificate(attestation.getCertificatePemFile());
        for (byte[] statement :
                new byte[][] {attestation.getPrivateKeyAttestation(), attestation.getPublicKeyAttestation()}) {
            JsonObject said = AttestationVerifier.verified(statement, certificate);
            assertNotNull(said);
            assertEquals(key.getId(), said.getString("id"));
            assertEquals(SignatureChecks.publicPart(key), PublicKeys.of(said.getJsonObject("jwk")));
        }
        KeyVaultKey old = keys.getKeyAttestationWithResponse(
                        "attested", key.getProperties().getVersion(), Context.NONE)
                .getValue();
        assertEquals(key.getId(), old.getId());
    }

    private void attestsASymmetricKey() {
        keys.createOctKey(new CreateOctKeyOptions("attested-oct").setHardwareProtected(true));
        KeyAttestation attestation =
                keys.getKeyAttestation("attested-oct").getProperties().getKeyAttestation();
        assertNull(attestation.getPublicKeyAttestation());
        assertNotNull(AttestationVerifier.verified(
                attestation.getPrivateKeyAttestation(),
                AttestationVerifier.certificate(attestation.getCertificatePemFile())));
    }
}
