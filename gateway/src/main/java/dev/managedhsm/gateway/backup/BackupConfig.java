// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.backup;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where backups may be written and read. A place that is not named here is never connected to, whoever asks.
 *
 * @param hosts scheme, host and port of blob storages, such as {@code https://account.blob.core.windows.net}
 * @param folders local folders; a backup may lie in one of them or below it
 * @param trustedCertificates PEM, the only certificates that are trusted at the hosts; null for those of the Java runtime
 * @param identity as whom the HSM comes to a host without a shared access signature; null for nobody
 */
public record BackupConfig(
        List<URI> hosts,
        List<Path> folders,
        @Nullable Path trustedCertificates,
        @Nullable StorageIdentity identity) {
    /** Nowhere. */
    public static final BackupConfig NONE = new BackupConfig(List.of(), List.of(), null, null);

    /** Copies the lists. */
    public BackupConfig {
        hosts = List.copyOf(hosts);
        folders = List.copyOf(folders);
    }

    /** Without a managed identity. */
    public BackupConfig(List<URI> hosts, List<Path> folders, @Nullable Path trustedCertificates) {
        this(hosts, folders, trustedCertificates, null);
    }
}
