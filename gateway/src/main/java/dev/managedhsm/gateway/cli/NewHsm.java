// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.EngineFailure;
import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.gateway.RootKeySource;
import dev.managedhsm.gateway.StartRefused;
import dev.managedhsm.gateway.config.IdentitySettings;
import dev.managedhsm.gateway.config.ServeConfig;
import dev.managedhsm.gateway.identity.DevIssuer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** What {@code hsm init} makes: the data folder, the root key file, and the key of the local issuer. One thread. */
final class NewHsm {
    private final ServeConfig config;

    NewHsm(ServeConfig config) {
        this.config = config;
    }

    /**
     * Makes all of it.
     *
     * @return what was made, one phrase each
     * @throws StartRefused if the HSM is not new, or the world does not allow it
     */
    List<String> make() {
        Path data = config.gateway().dataFolder();
        List<String> made = new ArrayList<>();
        try {
            if (!unused(data)) {
                throw new StartRefused(data + " holds files already: an HSM is made in an empty folder.");
            }
            if (!Files.isDirectory(data)) {
                Files.createDirectories(
                        data, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
                made.add(data.toString());
            }
            made.add(rootKey());
            IdentitySettings identity = config.identity();
            if (identity != null && !Files.exists(identity.signingKey())) {
                writePrivate(identity.signingKey(), Pem.privateKey(DevIssuer.newKey()));
                made.add(identity.signingKey().toString());
            }
            return made;
        } catch (SealFailure | EngineFailure | IllegalArgumentException e) {
            throw new StartRefused(String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new StartRefused(
                    "A new HSM cannot be made (" + e.getClass().getSimpleName() + " " + e.getMessage()
                            + "): check the folders that the configuration names.",
                    e);
        }
    }

    /** The files of the root key may lie there already; init itself never replaces them. */
    private static boolean unused(Path data) throws IOException {
        if (!Files.exists(data)) {
            return true;
        }
        try (Stream<Path> files = Files.list(data)) {
            return files.findAny().isEmpty();
        }
    }

    private String rootKey() {
        try (Engine engine = Engines.choose()) {
            return switch (config.gateway().rootKey()) {
                case RootKeySource.Passphrase source -> {
                    source.create(engine);
                    yield source.file().toString();
                }
                case RootKeySource.KeyFile source -> {
                    source.create(engine);
                    yield source.file() + ", opened by " + source.keyFile();
                }
                case RootKeySource.Custodians _ ->
                    "no root key yet: the first download of the security domain makes it";
                case RootKeySource.Development development ->
                    throw new IllegalStateException("a configuration file names no root key in the clear");
            };
        }
    }

    private static void writePrivate(Path file, String text) throws IOException {
        try (var out = Files.newByteChannel(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            var bytes = StandardCharsets.US_ASCII.encode(text);
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
        }
    }
}
