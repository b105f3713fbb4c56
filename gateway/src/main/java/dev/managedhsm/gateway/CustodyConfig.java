// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import dev.managedhsm.gateway.backup.BackupConfig;
import java.nio.file.Path;

/**
 * What keeps the store honest, and where it is backed up.
 *
 * @param witness the file that knows how new the store must be, best on another device than the store
 * @param backups where backups may be written and read
 */
public record CustodyConfig(Path witness, BackupConfig backups) {
    /** The witness beside the store, and no backups. */
    public static CustodyConfig in(Path dataFolder) {
        return new CustodyConfig(witnessIn(dataFolder), BackupConfig.NONE);
    }

    /** The witness's usual place. */
    public static Path witnessIn(Path dataFolder) {
        return dataFolder.resolve("witness");
    }
}
