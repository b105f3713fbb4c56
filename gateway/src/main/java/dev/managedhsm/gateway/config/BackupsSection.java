// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import dev.managedhsm.gateway.backup.BackupConfig;
import dev.managedhsm.gateway.backup.StorageIdentity;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads where backups of the whole HSM may be. Left out: nowhere. One thread. */
final class BackupsSection {
    private static final Pattern RESOURCE = Pattern.compile("https://[A-Za-z0-9./_-]{1,200}");

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
        StorageIdentity identity = identity(section.optionalSection("managed_identity"));
        section.end();
        return new BackupConfig(hosts, folders, certificates, identity);
    }

    private @Nullable StorageIdentity identity(@Nullable Section one) {
        if (one == null) {
            return null;
        }
        Item endpoint = one.optional("endpoint");
        Item secret = one.optional("header");
        if (secret != null && endpoint == null) {
            values.fault(
                    secret,
                    "needs endpoint, the one of App Service: that of virtual machines has no use for the secret, and"
                            + " would get it in the clear");
        }
        SecretReference header = values.secret(secret);
        Item client = one.optional("client_id");
        String clientId = client == null ? null : values.guid(client).toString();
        String resource = one.has("resource")
                ? values.text(one.optional("resource"), RESOURCE, "what tokens are for, as an https URL")
                : StorageIdentity.RESOURCE_DEFAULT;
        one.end();
        URI at = endpoint == null ? StorageIdentity.ENDPOINT_DEFAULT : endpoint(endpoint);
        return at == null ? null : new StorageIdentity(at, header == null ? null : header::read, clientId, resource);
    }

    /** What hands out tokens is on this machine or its link, or speaks TLS. */
    private @Nullable URI endpoint(Item item) {
        String text = item.text();
        boolean near = text.matches("http://(\\[[0-9a-fA-F:]+]|[0-9.]+)(:[0-9]{1,5})?/[A-Za-z0-9/._-]*")
                && address(text, address -> address.isLoopbackAddress() || address.isLinkLocalAddress());
        URI at = near ? URI.create(text) : values.url(item);
        if (at != null && at.getRawQuery() != null) {
            values.fault(item, "names a query, which is the HSM's to make: leave it out");
            return null;
        }
        return at;
    }

    /** Without TLS only on this machine, for an emulator of a storage. */
    private static boolean loopback(String text) {
        return text.matches("http://[0-9.]+:[0-9]{1,5}") && address(text, InetAddress::isLoopbackAddress);
    }

    private static boolean address(String url, Predicate<InetAddress> rule) {
        try {
            String host = URI.create(url).getHost(); // null where the numbers are no address
            return host != null && rule.test(InetAddress.ofLiteral(host));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
