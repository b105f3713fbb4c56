// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.backup;

import dev.managedhsm.gateway.backup.BackupFailure.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * The places that the configuration allows, and nothing else: a caller names a place, and gets it only if its host or its
 * folder is listed. Redirects are not followed, so an allowed host cannot point elsewhere. Any thread.
 */
public final class BackupTargets {
    private static final Duration CONNECT_MAX = Duration.ofSeconds(10);
    private static final Duration CALL_MAX = Duration.ofSeconds(60);
    private static final Pattern CONTAINER = Pattern.compile("(/[a-z0-9$][a-z0-9-]{1,62}){1,2}");
    private static final Pattern FOLDER = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,127}");
    private static final Pattern SIGNATURE = Pattern.compile("[A-Za-z0-9%&=._~:/+,;-]{1,2048}");
    private static final Pattern HALF_ESCAPE = Pattern.compile("%(?![0-9A-Fa-f]{2})");

    private final BackupConfig config;
    private final InstantSource clock;
    private final StorageCalls calls;
    private final @Nullable StorageTokens tokens;

    /**
     * @param config what is allowed
     * @param clock tells when tokens of the HSM's managed identity expire, and dates what is sent with one
     * @throws BackupFailure if the trusted certificates cannot be read
     */
    public BackupTargets(BackupConfig config, InstantSource clock) {
        this(config, clock, StorageCalls.PAUSE_USUAL);
    }

    /** @param pause before the second attempt of a call */
    BackupTargets(BackupConfig config, InstantSource clock, Duration pause) {
        this.config = config;
        this.clock = clock;
        HttpClient.Builder builder = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NEVER)
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_MAX);
        Path trusted = config.trustedCertificates();
        HttpClient http = (trusted == null ? builder : builder.sslContext(trust(trusted))).build();
        this.calls = new StorageCalls(http, "The blob storage", CALL_MAX, pause);
        StorageIdentity identity = config.identity();
        this.tokens = identity == null ? null : new StorageTokens(identity, clock, pause);
    }

    /**
     * The place that a caller means.
     *
     * @param uri a blob container's URL, or a folder's {@code file:} URL
     * @param signature a shared access signature, with or without its question mark; null for a folder, and where a managed
     *     identity is meant
     * @param managedIdentity whether the HSM is to come to a container as its managed identity
     * @throws BackupFailure if the place is not allowed
     */
    public BackupTarget target(String uri, @Nullable String signature, boolean managedIdentity) {
        URI place = parsed(uri.endsWith("/") ? uri.substring(0, uri.length() - 1) : uri);
        return "file".equals(place.getScheme()) ? folder(place) : container(place, signature, managedIdentity);
    }

    /** A folder's name as a caller gave it, if it can be one. */
    public static String folderName(String name) {
        if (!FOLDER.matcher(name).matches()) {
            throw notAllowed("The name of the backup's folder has letters, digits, hyphens and underscores only");
        }
        return name;
    }

    private static URI parsed(String uri) {
        try {
            URI place = URI.create(uri);
            if (place.getScheme() != null
                    && place.getRawQuery() == null
                    && place.getRawFragment() == null
                    && place.getRawUserInfo() == null) {
                return place;
            }
        } catch (IllegalArgumentException malformed) {
            // said below
        }
        throw notAllowed("The storage resource URI is the URL of a container or folder, without query");
    }

    private BackupTarget container(URI place, @Nullable String signature, boolean managedIdentity) {
        if (config.hosts().stream().noneMatch(host -> sameOrigin(host, place))) {
            throw notAllowed("The storage's host is none that this HSM's configuration allows for backups");
        }
        if (!CONTAINER.matcher(String.valueOf(place.getRawPath())).matches()) {
            throw notAllowed("The storage resource URI names no blob container");
        }
        return new BlobTarget(
                calls, clock, origin(place) + place.getRawPath(), managedIdentity ? identity() : signature(signature));
    }

    private BlobAccess identity() {
        StorageTokens known = tokens;
        if (known == null) {
            throw notAllowed("This HSM's configuration names no managed identity for backups"
                    + " (backups.managed_identity): give a shared access signature");
        }
        return new BlobAccess.Identity(known);
    }

    private static BlobAccess signature(@Nullable String signature) {
        if (signature == null) {
            throw notAllowed("The request brings neither a shared access signature nor useManagedIdentity");
        }
        String query = signature.startsWith("?") ? signature.substring(1) : signature;
        if (!SIGNATURE.matcher(query).matches() || HALF_ESCAPE.matcher(query).find()) {
            throw notAllowed("The token is no shared access signature");
        }
        return new BlobAccess.Signature(query);
    }

    private static boolean sameOrigin(URI host, URI place) {
        return place.getHost() != null && origin(host).equals(origin(place));
    }

    private static String origin(URI uri) {
        String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
        int port = uri.getPort() >= 0 ? uri.getPort() : scheme.equals("https") ? 443 : 80;
        return scheme + "://" + String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT) + ":" + port;
    }

    /** The real folder must lie in the real one that is allowed, so that no link leads out of it. */
    private BackupTarget folder(URI place) {
        if (config.folders().isEmpty()) {
            throw notAllowed("This HSM's configuration allows no folder for backups");
        }
        try {
            Path wanted = Path.of(place).toRealPath();
            for (Path allowed : config.folders()) {
                if (Files.isDirectory(allowed)
                        && wanted.startsWith(allowed.toRealPath())
                        && Files.isDirectory(wanted)) {
                    return new FolderTarget(wanted);
                }
            }
        } catch (IOException | IllegalArgumentException | java.nio.file.FileSystemNotFoundException nothingThere) {
            // not told apart: whether some file is there is nobody's business
        }
        throw notAllowed("The folder is none that this HSM's configuration allows for backups, or is not there");
    }

    private static BackupFailure notAllowed(String message) {
        return new BackupFailure(Reason.NOT_ALLOWED, message);
    }

    private static SSLContext trust(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            int number = 0;
            for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("trusted" + number++, one);
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, factory.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException | InvalidPathException e) {
            throw new BackupFailure(
                    Reason.UNREACHABLE,
                    "the trusted certificates for backups, " + file + ", cannot be read: put PEM certificates there");
        }
    }
}
