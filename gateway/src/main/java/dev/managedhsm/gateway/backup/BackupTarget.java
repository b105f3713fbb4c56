// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.backup;

/** A place for backups: a blob container, or a folder. Used by one thread at a time; blocks. */
public sealed interface BackupTarget permits FolderTarget, BlobTarget {
    /** Where it is, without any secret, as answers name it; no slash at the end. */
    String uri();

    /**
     * Writes one object, whole and durably, in the place of what had its name.
     *
     * @param folder the backup's folder
     * @param name the object's name
     * @param bytes its content
     * @throws BackupFailure if that cannot be done
     */
    void put(String folder, String name, byte[] bytes);

    /**
     * Reads one object.
     *
     * @param lengthMax how many bytes it may have
     * @throws BackupFailure if it is not there, is longer, or cannot be read
     */
    byte[] read(String folder, String name, int lengthMax);

    /** Removes one object that was put. */
    void remove(String folder, String name);
}
