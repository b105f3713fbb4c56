// SPDX-License-Identifier: Apache-2.0
/**
 * Backups of the whole HSM: written to places that the configuration allows, checked, and restored, one at a time.
 *
 * <pre>
 *   Store.snapshot() --> sealed records --> BackupWriter --> parts, sealed again --> BackupTarget: folder or blob container
 *                                                                                        |
 *   KeyArchive, records of roles <-- checked <-- BackupReader <---------------------------+
 *        |                                                      verify, rehearse, restore
 *        +--> BackupJobs: one commit for keys and roles
 * </pre>
 *
 * <p>Nothing is unsealed to be backed up: a backup holds the records as the store has them, under the sealing keys of the
 * security domain, and opens nowhere else.
 */
@NullMarked
package dev.managedhsm.gateway.backup;

import org.jspecify.annotations.NullMarked;
