// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.lifecycle.AttestationKey;
import dev.managedhsm.crypto.lifecycle.HsmState;
import dev.managedhsm.crypto.lifecycle.KeyBackups;
import dev.managedhsm.crypto.lifecycle.KeyLifecycle;
import dev.managedhsm.crypto.lifecycle.LifecyclePolicy;
import dev.managedhsm.crypto.seal.BackupSeal;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.RootKey;
import dev.managedhsm.crypto.seal.RootKeys;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.crypto.seal.SealingKeys;
import dev.managedhsm.gateway.resource.AttestationCertificate;
import dev.managedhsm.gateway.store.StoreJournal;
import dev.managedhsm.gateway.store.WitnessedStore;
import java.nio.file.Path;
import java.time.Clock;

/**
 * Everything that holds the keys, once there is a root key: opened before they are answered for, closed after.
 *
 * @param engine what computes
 * @param roots the root of all sealing
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
        RootKeys roots,
        SealingKeys sealingKeys,
        RecordSeal seal,
        WitnessedStore store,
        HsmState state,
        Keyring keyring,
        KeyLifecycle lifecycle,
        BackupSeal backupSeal,
        KeyBackups backups,
        AttestationKey attestationKey)
        implements AutoCloseable {
    static final String NAMESPACE = "hsm";

    /**
     * Opens the keys of a store.
     *
     * @param foundation engine, store and condition; stay the caller's
     * @param roots the root keys; closed by this from here on, also if it fails
     * @param witness the file that knows how new the store must be
     * @param deletion what the owner decided about deletion
     * @throws SealFailure naming what is not as it was written
     */
    static KeyCustody open(Foundation foundation, RootKeys roots, Path witness, LifecyclePolicy deletion, Clock clock) {
        Opened opened = new Opened();
        opened.add(roots);
        try {
            return open(opened, foundation, roots, witness, deletion, clock);
        } catch (RuntimeException e) {
            opened.close(e);
            throw e;
        }
    }

    private static KeyCustody open(
            Opened opened, Foundation foundation, RootKeys roots, Path witness, LifecyclePolicy deletion, Clock clock) {
        Engine engine = foundation.engine();
        HsmState state = foundation.state();
        SealingKeys sealingKeys = opened.add(new SealingKeys(engine, roots.current(), NAMESPACE));
        RecordSeal seal = new RecordSeal(engine, sealingKeys);
        carryOver(foundation, roots, witness, seal);
        WitnessedStore store = WitnessedStore.open(foundation.store(), witness, seal, clock);
        opened.add(store::leave);
        Keyring keyring = new Keyring(engine, seal, Keyring.HOT_MAX_DEFAULT, Keyring.READERS_MAX_DEFAULT);
        KeyLifecycle lifecycle =
                opened.add(new KeyLifecycle(engine, seal, keyring, new StoreJournal(store), state, deletion, clock));
        BackupSeal backupSeal = opened.add(new BackupSeal(engine, roots));
        KeyBackups backups = new KeyBackups(engine, backupSeal, keyring, lifecycle, state);
        AttestationKey attestationKey = new AttestationKey(
                engine, seal, lifecycle, (key, signer) -> AttestationCertificate.issue(key, signer, clock));
        return new KeyCustody(
                engine,
                roots,
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

    /** The witness may still be sealed under the root key of before: the power may have gone while that was replaced. */
    private static void carryOver(Foundation foundation, RootKeys roots, Path witness, RecordSeal seal) {
        if (!roots.retired().isEmpty()) {
            Engine engine = foundation.engine();
            try (SealingKeys before = sealingKeys(engine, roots.retired().getFirst())) {
                WitnessedStore.carryOver(foundation.store(), witness, new RecordSeal(engine, before), seal);
            }
        }
    }

    /** The sealing keys that another root key gives, for records of this HSM. */
    static SealingKeys sealingKeys(Engine engine, RootKey root) {
        return new SealingKeys(engine, root, NAMESPACE);
    }

    /** Closes all of it but the store and the engine, in the reverse order. */
    @Override
    public void close() {
        backups.close();
        lifecycle.close();
        attestationKey.close();
        backupSeal.close();
        store.leave();
        sealingKeys.close();
        roots.close();
    }
}
