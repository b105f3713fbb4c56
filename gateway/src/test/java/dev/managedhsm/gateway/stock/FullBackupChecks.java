// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.stock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.azure.core.exception.HttpResponseException;
import com.azure.core.util.polling.LongRunningOperationStatus;
import com.azure.core.util.polling.PollResponse;
import com.azure.core.util.polling.SyncPoller;
import com.azure.security.keyvault.administration.KeyVaultBackupClient;
import com.azure.security.keyvault.administration.KeyVaultBackupClientBuilder;
import com.azure.security.keyvault.administration.models.KeyVaultBackupOperation;
import com.azure.security.keyvault.keys.models.KeyVaultKey;
import java.time.Duration;
import java.util.Map;

/** What the stock client for backups of the whole HSM does. Runs after the others: a restore replaces what they made. */
final class FullBackupChecks {
    private final StockClient client;
    private final String storage;
    private final KeyVaultBackupClient backups;
    private String folderUrl = "";

    /** @param storage URL of the place for backups */
    FullBackupChecks(StockClient client, String storage) {
        this.client = client;
        this.storage = storage;
        this.backups = new KeyVaultBackupClientBuilder()
                .vaultUrl(client.url)
                .credential(client.credential)
                .buildClient();
    }

    void addTo(Map<String, StockClient.Check> checks) {
        checks.put("backs the whole HSM up", this::backsUp);
        checks.put("restores one key from a backup of all", this::restoresOne);
        checks.put("restores the whole HSM", this::restoresAll);
        checks.put("understands refusals of backups", this::understandsRefusals);
    }

    private static <T, U> U result(SyncPoller<T, U> poller) {
        poller.setPollInterval(Duration.ofMillis(200));
        PollResponse<T> response = poller.waitForCompletion(Duration.ofSeconds(60));
        assertEquals(LongRunningOperationStatus.SUCCESSFULLY_COMPLETED, response.getStatus());
        return poller.getFinalResult();
    }

    private void backsUp() {
        client.keys.createEcKey(new com.azure.security.keyvault.keys.models.CreateEcKeyOptions("backed-up"));
        SyncPoller<KeyVaultBackupOperation, String> poller = backups.beginBackup(storage, null);
        folderUrl = result(poller);
        assertTrue(folderUrl.startsWith(storage), folderUrl);
    }

    private void restoresOne() {
        KeyVaultKey before = client.keys.getKey("backed-up");
        purge("backed-up");
        assertNotNull(result(backups.beginSelectiveKeyRestore("backed-up", folderUrl, null)));
        assertEquals(before.getId(), client.keys.getKey("backed-up").getId());
    }

    private void purge(String name) {
        var deleting = client.keys.beginDeleteKey(name);
        deleting.setPollInterval(Duration.ofMillis(100));
        deleting.waitForCompletion();
        client.keys.purgeDeletedKey(name);
    }

    private void restoresAll() {
        KeyVaultKey before = client.keys.getKey("backed-up");
        purge("backed-up");
        assertNotNull(result(backups.beginRestore(folderUrl, null)));
        assertEquals(before.getId(), client.keys.getKey("backed-up").getId());
    }

    private void understandsRefusals() {
        HttpResponseException refused = assertThrows(
                HttpResponseException.class,
                () -> result(backups.beginBackup("https://example.blob.core.windows.net/container", "sig=x")));
        assertEquals(400, refused.getResponse().getStatusCode());
    }
}
