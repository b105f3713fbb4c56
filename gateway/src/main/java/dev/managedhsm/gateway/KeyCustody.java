// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.EngineFailure;
import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.lifecycle.AttestationKey;
import dev.managedhsm.crypto.lifecycle.HsmCondition;
import dev.managedhsm.crypto.lifecycle.HsmState;
import dev.managedhsm.crypto.lifecycle.KeyBackups;
import dev.managedhsm.crypto.lifecycle.KeyLifecycle;
import dev.managedhsm.crypto.lifecycle.LifecyclePolicy;
import dev.managedhsm.crypto.memory.ProcessHardening;
import dev.managedhsm.crypto.seal.BackupSeal;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.RootKey;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.crypto.seal.SealingKeys;
import dev.managedhsm.gateway.resource.AttestationCertificate;
import dev.managedhsm.gateway.store.SqliteStore;
import dev.managedhsm.gateway.store.Store;
import dev.managedhsm.gateway.store.StoreJournal;
import dev.managedhsm.gateway.store.StoreRefused;
import dev.managedhsm.gateway.store.WitnessedStore;
import java.nio.file.Path;
import java.time.Clock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything that holds the keys, from the engine to the store: opened before the edge, closed after it.
 *
 * @param engine what computes
 * @param rootKey the root of all sealing
 * @param sealingKeys what is derived from it
 * @param seal seals records with it
 * @param store where sealed records are kept
 * @param state the HSM's condition
 * @param keyring the living keys
 * @param lifecycle changes to them
 * @param backupSeal seals their backups
 * @param backups backups of them
 * @param attestationKey signs what is said of them
 */
record KeyCustody(
        Engine engine,
        RootKey rootKey,
        SealingKeys sealingKeys,
        RecordSeal seal,
        Store store,
        HsmState state,
        Keyring keyring,
        KeyLifecycle lifecycle,
        BackupSeal backupSeal,
        KeyBackups backups,
        AttestationKey attestationKey)
        implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KeyCustody.class);
    static final String NAMESPACE = "hsm";

    /**
     * Opens the keys of a data folder.
     *
     * @param folder the folder of the store
     * @param source where the root key is
     * @param witness the file that knows how new the store must be
     * @param deletion what the owner decided about deletion
     * @throws StartRefused if the folder, the store or the engine does not allow it
     */
    static KeyCustody open(Path folder, RootKeySource source, Path witness, LifecyclePolicy deletion, Clock clock) {
        for (ProcessHardening.Measure measure : ProcessHardening.apply(false)) {
            LOG.info(
                    "custody measure {}: {} ({})", measure.name(), measure.held() ? "held" : "NOT HELD", measure.why());
        }
        Opened opened = new Opened();
        try {
            return open(opened, folder, source, witness, deletion, clock);
        } catch (StoreRefused | SealFailure | EngineFailure | IllegalArgumentException refused) {
            opened.close(refused);
            throw new StartRefused(String.valueOf(refused.getMessage()), refused);
        } catch (RuntimeException e) {
            opened.close(e);
            throw e;
        }
    }

    private static KeyCustody open(
            Opened opened, Path folder, RootKeySource source, Path witness, LifecyclePolicy deletion, Clock clock) {
        Engine engine = opened.add(Engines.choose());
        Store file = opened.add(SqliteStore.open(folder));
        RootKey rootKey = opened.add(source.open(engine, file.head() > 0));
        SealingKeys sealingKeys = opened.add(new SealingKeys(engine, rootKey, NAMESPACE));
        RecordSeal seal = new RecordSeal(engine, sealingKeys);
        Store store = opened.add(WitnessedStore.open(file, witness, seal));
        HsmState state = new HsmState(HsmCondition.OPERATIONAL);
        Keyring keyring = new Keyring(engine, seal, Keyring.HOT_MAX_DEFAULT, Keyring.READERS_MAX_DEFAULT);
        KeyLifecycle lifecycle =
                opened.add(new KeyLifecycle(engine, seal, keyring, new StoreJournal(store), state, deletion, clock));
        BackupSeal backupSeal = opened.add(new BackupSeal(engine, rootKey));
        KeyBackups backups = new KeyBackups(engine, backupSeal, keyring, lifecycle, state);
        AttestationKey attestationKey = new AttestationKey(
                engine, seal, lifecycle, (key, signer) -> AttestationCertificate.issue(key, signer, clock));
        return new KeyCustody(
                engine,
                rootKey,
                sealingKeys,
                seal,
                store,
                state,
                keyring,
                lifecycle,
                backupSeal,
                backups,
                attestationKey);
    }

    /** Closes all of it, in the reverse order. */
    @Override
    public void close() {
        backups.close();
        lifecycle.close();
        attestationKey.close();
        backupSeal.close();
        store.close();
        sealingKeys.close();
        rootKey.close();
        engine.close();
    }
}
