// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.stock;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.azure.core.exception.HttpResponseException;
import com.azure.core.exception.ResourceNotFoundException;
import com.azure.security.keyvault.keys.KeyClient;
import com.azure.security.keyvault.keys.KeyClientBuilder;
import com.azure.security.keyvault.keys.cryptography.CryptographyClient;
import com.azure.security.keyvault.keys.cryptography.CryptographyClientBuilder;
import com.azure.security.keyvault.keys.cryptography.models.EncryptionAlgorithm;
import com.azure.security.keyvault.keys.cryptography.models.SignatureAlgorithm;
import com.azure.security.keyvault.keys.models.CreateEcKeyOptions;
import com.azure.security.keyvault.keys.models.CreateOctKeyOptions;
import com.azure.security.keyvault.keys.models.DeletedKey;
import com.azure.security.keyvault.keys.models.KeyCurveName;
import com.azure.security.keyvault.keys.models.KeyOperation;
import com.azure.security.keyvault.keys.models.KeyProperties;
import com.azure.security.keyvault.keys.models.KeyType;
import com.azure.security.keyvault.keys.models.KeyVaultKey;
import dev.managedhsm.gateway.fixture.PublicKeys;
import java.net.URI;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What the stock client does with keys themselves, and how it finds its way in. */
final class KeyChecks {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(20);

    /** More than one page of the service holds. */
    private static final int MANY = 27;

    private final StockClient client;
    private final KeyClient keys;

    KeyChecks(StockClient client) {
        this.client = client;
        this.keys = client.keys;
    }

    void addTo(Map<String, StockClient.Check> checks) {
        for (int bits : new int[] {2048, 3072, 4096}) {
            checks.put("creates RSA " + bits, () -> createsRsa(bits));
        }
        Map<KeyCurveName, Integer> curves =
                Map.of(KeyCurveName.P_256, 32, KeyCurveName.P_384, 48, KeyCurveName.P_521, 66, KeyCurveName.P_256K, 32);
        curves.forEach((curve, length) -> checks.put("creates EC " + curve, () -> createsEc(curve, length)));
        for (int bits : new int[] {128, 192, 256}) {
            checks.put("creates oct " + bits, () -> createsOct(bits));
        }
        checks.put("creates a key with attributes, operations and tags", this::createsWithEverything);
        checks.put("gets and lists versions", this::versions);
        checks.put("lists all keys over several pages", this::lists);
        checks.put("deletes, recovers and purges", this::deletesRecoversPurges);
        checks.put("understands an unknown key", this::unknown);
        checks.put("understands an operation that is not permitted", this::notPermitted);
        checks.put("works without a switch, partly on its own", this::withoutSwitch);
        checks.put("demands that the challenge names its domain", this::demandsItsDomain);
        checks.put("takes any name when told not to look", this::takesAnyName);
    }

    private void createsRsa(int bits) {
        KeyVaultKey key = client.rsa(bits);

        created(key, "rsa-" + bits, KeyType.RSA_HSM);
        assertEquals(bits / 8, key.getKey().getN().length);
        assertArrayEquals(new byte[] {1, 0, 1}, key.getKey().getE());
        assertEquals(
                Set.of(
                        KeyOperation.ENCRYPT,
                        KeyOperation.DECRYPT,
                        KeyOperation.SIGN,
                        KeyOperation.VERIFY,
                        KeyOperation.WRAP_KEY,
                        KeyOperation.UNWRAP_KEY),
                Set.copyOf(key.getKeyOperations()));
    }

    private void createsEc(KeyCurveName curve, int length) {
        KeyVaultKey key = client.ec(curve);

        created(key, "ec-" + curve, KeyType.EC_HSM);
        assertEquals(curve, key.getKey().getCurveName());
        assertEquals(length, key.getKey().getX().length);
        assertEquals(length, key.getKey().getY().length);
        assertEquals(Set.of(KeyOperation.SIGN, KeyOperation.VERIFY), Set.copyOf(key.getKeyOperations()));
    }

    private void createsOct(int bits) {
        KeyVaultKey key = client.oct(bits);

        created(key, "oct-" + bits, KeyType.OCT_HSM);
        assertNull(key.getKey().getK(), "the secret stays inside");
    }

    private void created(KeyVaultKey key, String name, KeyType type) {
        assertEquals(type, key.getKeyType());
        assertEquals(name, key.getName());
        assertTrue(key.getProperties().getVersion().matches("[0-9a-f]{32}"), key.getId());
        assertEquals(client.url + "/keys/" + name + "/" + key.getProperties().getVersion(), key.getId());
        assertEquals(key.getId(), key.getKey().getId());
        assertTrue(key.getProperties().isEnabled());
        assertEquals("Recoverable+Purgeable", key.getProperties().getRecoveryLevel());
        assertEquals(90, key.getProperties().getRecoverableDays());
    }

    private void createsWithEverything() {
        OffsetDateTime start = OffsetDateTime.of(2024, 1, 2, 3, 4, 5, 0, ZoneOffset.UTC);
        OffsetDateTime end = OffsetDateTime.of(2037, 1, 2, 3, 4, 5, 0, ZoneOffset.UTC);

        keys.createEcKey(new CreateEcKeyOptions("everything")
                .setCurveName(KeyCurveName.P_384)
                .setNotBefore(start)
                .setExpiresOn(end)
                .setEnabled(true)
                .setKeyOperations(KeyOperation.SIGN)
                .setTags(Map.of("purpose", "test", "owner", "nobody")));
        KeyVaultKey key = keys.getKey("everything");

        assertEquals(start, key.getProperties().getNotBefore());
        assertEquals(end, key.getProperties().getExpiresOn());
        assertEquals(List.of(KeyOperation.SIGN), key.getKeyOperations());
        assertEquals(
                Map.of("purpose", "test", "owner", "nobody"),
                key.getProperties().getTags());
    }

    private void versions() {
        KeyVaultKey first = keys.createEcKey(new CreateEcKeyOptions("versions"));
        KeyVaultKey second = keys.createEcKey(new CreateEcKeyOptions("versions"));

        assertNotEquals(first.getId(), second.getId());
        assertEquals(second.getId(), keys.getKey("versions").getId());
        assertEquals(
                first.getId(),
                keys.getKey("versions", first.getProperties().getVersion()).getId());
        Set<String> ids = new HashSet<>();
        for (KeyProperties version : keys.listPropertiesOfKeyVersions("versions")) {
            ids.add(version.getId());
        }
        assertEquals(Set.of(first.getId(), second.getId()), ids);
    }

    private void lists() {
        TreeSet<String> wanted = new TreeSet<>();
        for (int i = 0; i < MANY; i++) {
            wanted.add(keys.createOctKey(new CreateOctKeyOptions("list-" + i)).getName());
        }
        List<String> found = keys.listPropertiesOfKeys().stream()
                .map(KeyProperties::getName)
                .filter(name -> name.startsWith("list-"))
                .toList();
        assertEquals(MANY, found.size(), "none twice");
        assertEquals(wanted, new TreeSet<>(found));
    }

    private void deletesRecoversPurges() {
        String name = "comes-and-goes";
        KeyVaultKey key = keys.createEcKey(new CreateEcKeyOptions(name));

        var deletion = keys.beginDeleteKey(name).setPollInterval(POLL);
        deletion.waitForCompletion(LIMIT);
        DeletedKey deleted = keys.getDeletedKey(name);
        assertEquals(client.url + "/deletedkeys/" + name, deleted.getRecoveryId());
        assertEquals(
                90,
                Duration.between(deleted.getDeletedOn(), deleted.getScheduledPurgeDate())
                        .toDays());
        assertTrue(keys.listDeletedKeys().stream().anyMatch(one -> one.getName().equals(name)));
        assertThrows(ResourceNotFoundException.class, () -> keys.getKey(name));
        HttpResponseException taken =
                assertThrows(HttpResponseException.class, () -> keys.createEcKey(new CreateEcKeyOptions(name)));
        assertEquals(409, taken.getResponse().getStatusCode());

        keys.beginRecoverDeletedKey(name).setPollInterval(POLL).waitForCompletion(LIMIT);
        assertEquals(key.getId(), keys.getKey(name).getId());
        assertThrows(ResourceNotFoundException.class, () -> keys.getDeletedKey(name));

        keys.beginDeleteKey(name).setPollInterval(POLL).waitForCompletion(LIMIT);
        keys.purgeDeletedKey(name);
        assertThrows(ResourceNotFoundException.class, () -> keys.getDeletedKey(name));
        assertNotEquals(
                key.getId(), keys.createEcKey(new CreateEcKeyOptions(name)).getId());
    }

    private void unknown() {
        ResourceNotFoundException refusal =
                assertThrows(ResourceNotFoundException.class, () -> keys.getKey("never-made"));
        assertTrue(String.valueOf(refusal.getMessage()).contains("KeyNotFound"), refusal.getMessage());
    }

    private void notPermitted() {
        KeyVaultKey key = keys.createEcKey(new CreateEcKeyOptions("verify-only").setKeyOperations(KeyOperation.VERIFY));
        CryptographyClient remote = client.remote(key);
        HttpResponseException refusal =
                assertThrows(HttpResponseException.class, () -> remote.sign(SignatureAlgorithm.ES256, new byte[32]));
        client.witness.assertSaw("sign");
        assertEquals(403, refusal.getResponse().getStatusCode());
    }

    /** As most programs use it: the client fetches the key, encrypts by itself, and leaves decryption to the HSM. */
    private void withoutSwitch() {
        KeyVaultKey key = client.rsa(2048);
        CryptographyClient plain = new CryptographyClientBuilder()
                .keyIdentifier(key.getId())
                .credential(client.credential)
                .buildClient();
        byte[] message = {1, 2, 3};
        byte[] cipherText = plain.encrypt(EncryptionAlgorithm.RSA_OAEP, message).getCipherText();
        assertArrayEquals(
                message, plain.decrypt(EncryptionAlgorithm.RSA_OAEP, cipherText).getPlainText());
        byte[] signature = plain.signData(SignatureAlgorithm.PS256, message).getSignature();
        assertTrue(PublicKeys.verified(SignatureChecks.publicPart(key), "PS256", message, signature));
    }

    /** The HSM answers at localhost too, but its challenge names the domain of its own name. */
    private void demandsItsDomain() {
        KeyClient elsewhere = new KeyClientBuilder()
                .vaultUrl(atLocalhost())
                .credential(client.credential)
                .buildClient();
        RuntimeException refusal =
                assertThrows(RuntimeException.class, () -> elsewhere.getKey("ec-" + KeyCurveName.P_256));
        assertTrue(
                String.valueOf(refusal.getMessage()).contains("does not match the requested domain"),
                refusal.getMessage());
    }

    private void takesAnyName() {
        KeyClient elsewhere = new KeyClientBuilder()
                .vaultUrl(atLocalhost().replace("localhost", "127.0.0.1"))
                .credential(client.credential)
                .disableChallengeResourceVerification()
                .buildClient();
        KeyVaultKey key = client.ec(KeyCurveName.P_256);
        assertEquals(key.getId(), elsewhere.getKey(key.getName()).getId());
    }

    private String atLocalhost() {
        return "https://localhost:" + URI.create(client.url).getPort();
    }
}
