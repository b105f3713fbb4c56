// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.backup;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.lifecycle.HsmState;
import dev.managedhsm.crypto.lifecycle.KeyBackups;
import dev.managedhsm.crypto.lifecycle.KeyLifecycle;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.gateway.store.Store;

/**
 * The parts of a running HSM that are backed up and restored. All of them outlive the jobs.
 *
 * @param hsm the HSM's name: lower-case letters, digits and hyphens
 * @param engine what computes
 * @param seal the HSM's seal
 * @param identity identity of its root key
 * @param store where its records are
 * @param state its condition
 * @param lifecycle changes its keys
 * @param keyBackups restores single keys
 * @param roles changes its roles
 */
public record BackupParts(
        String hsm,
        Engine engine,
        RecordSeal seal,
        String identity,
        Store store,
        HsmState state,
        KeyLifecycle lifecycle,
        KeyBackups keyBackups,
        RoleReplacement roles) {}
