// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import dev.managedhsm.gateway.http.TlsFiles;
import dev.managedhsm.gateway.store.SqliteStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * A configuration file that was read: what it says, or everything that is wrong with it at once.
 *
 * @param config what it says; null when the file itself is wrong
 * @param faults what is wrong with the file, or, when it is in order, with what it names; in the order of lines
 */
public record ConfigFile(@Nullable ServeConfig config, List<Fault> faults) {
    private static final Set<PosixFilePermission> OWNER_ONLY =
            EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    /** Copies the list. */
    public ConfigFile {
        faults = List.copyOf(faults);
    }

    /**
     * Reads a file and, if it is in order, looks at what it names: files, their permissions, variables, TLS's pair.
     *
     * @param file the configuration file
     * @param environment the variables that it may name
     * @param now the time at which certificates must hold
     */
    public static ConfigFile read(Path file, Map<String, String> environment, Instant now) {
        return read(file, environment, now, true);
    }

    /** The same before {@code hsm init}: what that makes may be missing. */
    public static ConfigFile readForInit(Path file, Map<String, String> environment, Instant now) {
        return read(file, environment, now, false);
    }

    private static ConfigFile read(Path file, Map<String, String> environment, Instant now, boolean made) {
        Faults faults = new Faults();
        Path absolute = file.toAbsolutePath().normalize();
        Path folder = absolute.getParent();
        Values values = new Values(folder == null ? absolute : folder, faults);
        Node node = YamlFile.read(absolute, faults);
        ServeConfig config = node == null ? null : new ConfigReader(node, values, faults).read();
        if (config == null) {
            return new ConfigFile(null, faults.all());
        }
        List<Fault> world = new ArrayList<>();
        for (NamedVariable variable : values.variables()) {
            if (environment.getOrDefault(variable.name(), "").isEmpty()) {
                add(world, variable.line(), variable.key(), "the environment has no " + variable.name());
            }
        }
        boolean used = SqliteStore.used(config.gateway().dataFolder());
        for (NamedFile named : values.files()) {
            String wrong = wrong(named, made && !(used && named.kind() == NamedFile.Kind.ROOT_KEY));
            if (wrong != null) {
                add(world, named.line(), named.key(), wrong);
            }
        }
        if (world.isEmpty()) {
            refusePair(config, values, world, now);
        }
        world.sort(Comparator.comparingInt(Fault::line));
        return new ConfigFile(config, world);
    }

    private static void refusePair(ServeConfig config, Values values, List<Fault> world, Instant now) {
        try {
            TlsFiles.read(config.gateway().tls(), now);
        } catch (IllegalArgumentException e) {
            int line = values.files().stream()
                    .filter(named -> named.key().equals("tls.private_key"))
                    .findFirst()
                    .orElseThrow()
                    .line();
            add(world, line, "tls.private_key", String.valueOf(e.getMessage()));
        }
    }

    private static @Nullable String wrong(NamedFile named, boolean made) {
        Path path = named.path();
        boolean exists = Files.exists(path, LinkOption.NOFOLLOW_LINKS);
        return switch (named.kind()) {
            case FOLDER -> exists && !Files.isDirectory(path) ? path + " is not a folder" : null;
            case PUBLIC -> unreadable(path);
            case SECRET -> {
                String unreadable = unreadable(path);
                yield unreadable == null && forOthers(path)
                        ? path + " holds a secret that every user of this machine can reach: run chmod o= on it"
                        : unreadable;
            }
            case MADE_BY_INIT, ROOT_KEY -> {
                if (!exists) {
                    yield made ? path + " is not there: hsm init --config FILE makes it for a new HSM" : null;
                }
                String unreadable = unreadable(path);
                yield unreadable == null && !ownerOnly(path)
                        ? path + " can be reached by others than its owner: run chmod 600 on it if nobody has read it"
                        : unreadable;
            }
        };
    }

    private static @Nullable String unreadable(Path path) {
        if (!Files.exists(path)) {
            return path + " is not there";
        }
        return Files.isRegularFile(path) && Files.isReadable(path) ? null : path + " cannot be read";
    }

    private static boolean forOthers(Path path) {
        Set<PosixFilePermission> permissions = permissions(path);
        return permissions.contains(PosixFilePermission.OTHERS_READ)
                || permissions.contains(PosixFilePermission.OTHERS_WRITE);
    }

    private static boolean ownerOnly(Path path) {
        return OWNER_ONLY.containsAll(permissions(path));
    }

    private static Set<PosixFilePermission> permissions(Path path) {
        try {
            return Files.getPosixFilePermissions(path);
        } catch (IOException | UnsupportedOperationException e) {
            return EnumSet.allOf(PosixFilePermission.class);
        }
    }

    private static void add(List<Fault> world, int line, String key, String reason) {
        world.add(new Fault(line, key, reason, Fault.Kind.WORLD));
    }
}
