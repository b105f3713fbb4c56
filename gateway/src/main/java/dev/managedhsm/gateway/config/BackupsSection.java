// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import dev.managedhsm.gateway.backup.BackupConfig;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads where backups of the whole HSM may be. Left out: nowhere. One thread. */
final class BackupsSection {
    private final @Nullable Section section;
    private final Values values;

    BackupsSection(@Nullable Section section, Values values) {
        this.section = section;
        this.values = values;
    }

    BackupConfig read() {
        if (section == null) {
            return BackupConfig.NONE;
        }
        List<URI> hosts = new ArrayList<>();
        for (Item item : section.items("hosts")) {
            URI host = loopback(item.text()) ? URI.create(item.text()) : values.origin(item);
            if (host != null) {
                hosts.add(host);
            }
        }
        List<Path> folders = new ArrayList<>();
        section.items("folders").forEach(item -> folders.add(values.path(item, NamedFile.Kind.FOLDER)));
        Item trusted = section.optional("trusted_certificates");
        Path certificates = trusted == null ? null : values.path(trusted, NamedFile.Kind.PUBLIC);
        section.end();
        return new BackupConfig(hosts, folders, certificates);
    }

    /** Without TLS only on this machine, for an emulator of a storage. */
    private static boolean loopback(String text) {
        if (!text.matches("http://[0-9.]+:[0-9]{1,5}")) {
            return false;
        }
        try {
            return InetAddress.ofLiteral(URI.create(text).getHost()).isLoopbackAddress();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
