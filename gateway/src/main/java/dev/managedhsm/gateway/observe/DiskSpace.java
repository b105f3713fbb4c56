// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.observe;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Room on the disk of a folder.
 *
 * @param freeBytes what this process can still take; -1 if it is not known
 * @param totalBytes how big it is; -1 if it is not known
 */
record DiskSpace(long freeBytes, long totalBytes) {
    private static final DiskSpace UNKNOWN = new DiskSpace(-1, -1);

    /** Below this a store of any size soon takes nothing any more. */
    private static final long FREE_BYTES_MIN = 256L * 1024 * 1024;

    private static final int MEBI = 1024 * 1024;

    /** Asks the disk. */
    static DiskSpace of(Path folder) {
        try {
            FileStore disk = Files.getFileStore(folder);
            return new DiskSpace(disk.getUsableSpace(), disk.getTotalSpace());
        } catch (IOException e) {
            return UNKNOWN;
        }
    }

    Check check(String name, Path folder) {
        if (freeBytes < 0) {
            return new Check(
                    "disk-" + name, Check.Kind.DURABILITY, false, "the disk of " + folder + " does not answer");
        }
        boolean enough = freeBytes >= FREE_BYTES_MIN;
        return new Check(
                "disk-" + name,
                Check.Kind.DURABILITY,
                enough,
                freeBytes / MEBI + " MiB are free where " + folder + " is"
                        + (enough ? "" : ", fewer than " + FREE_BYTES_MIN / MEBI + ": make room"));
    }

    void figures(Figures figures, String name) {
        if (freeBytes >= 0) {
            figures.gauge(
                    "hsm_data_disk_free_bytes", "Usable space where the folder is", (double) freeBytes, "folder", name);
            figures.gauge(
                    "hsm_data_disk_total_bytes", "Size of the disk of the folder", (double) totalBytes, "folder", name);
        }
    }
}
