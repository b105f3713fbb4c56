// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.EngineFailure;
import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.seal.BackupSeal;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.RootKey;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.crypto.seal.SealingKeys;
import java.nio.file.Path;

/**
 * The seal of an HSM that is not running, for a look at its backups and its store. Opened and closed by one thread.
 *
 * @param engine what computes
 * @param rootKey the root of all sealing
 * @param keys what is derived from it
 * @param seal opens records
 * @param identity identity of the root key
 */
public record OfflineSeal(Engine engine, RootKey rootKey, SealingKeys keys, RecordSeal seal, String identity)
        implements AutoCloseable {
    /**
     * Opens it.
     *
     * @param source where the root key is; it must be there
     * @throws StartRefused if it cannot be opened
     */
    public static OfflineSeal open(RootKeySource source) {
        Opened opened = new Opened();
        try {
            Engine engine = opened.add(Engines.choose());
            Path file = source.file();
            if (file == null) {
                throw new SealFailure(
                        "Only custodians keep this HSM's root key, so that no command can use it offline.");
            }
            RootKey rootKey = opened.add(source.open(engine, file, true));
            SealingKeys keys = opened.add(new SealingKeys(engine, rootKey, KeyCustody.NAMESPACE));
            try (BackupSeal backupSeal = new BackupSeal(engine, rootKey)) {
                return new OfflineSeal(engine, rootKey, keys, new RecordSeal(engine, keys), backupSeal.identity());
            }
        } catch (SealFailure | EngineFailure | IllegalArgumentException refused) {
            opened.close(refused);
            throw new StartRefused(String.valueOf(refused.getMessage()), refused);
        }
    }

    @Override
    public void close() {
        keys.close();
        rootKey.close();
        engine.close();
    }
}
