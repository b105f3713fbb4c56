// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.managedhsm.gateway.http.SecretSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Arrays;
import java.util.Set;

/** Where a secret is. A line end at its end is not part of it, because editors put one there. */
public sealed interface SecretReference extends SecretSource {
    /** Longest secret, in bytes. */
    int LENGTH_MAX = 4096;

    /**
     * In a file.
     *
     * @param file which; not readable by every user of the machine
     */
    record InFile(Path file) implements SecretReference {
        @Override
        public byte[] read() {
            try {
                Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
                if (permissions.contains(PosixFilePermission.OTHERS_READ)
                        || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
                    throw new IllegalArgumentException(
                            file + " holds a secret that every user of this machine can reach: run chmod o= on it.");
                }
                if (Files.size(file) > LENGTH_MAX) {
                    throw new IllegalArgumentException(
                            file + " is longer than " + LENGTH_MAX + " bytes: name the right file.");
                }
                return withoutLineEnd(Files.readAllBytes(file));
            } catch (IOException | UnsupportedOperationException e) {
                throw new IllegalArgumentException(file + " cannot be read ("
                        + e.getClass().getSimpleName()
                        + "): check that it exists and that the user who runs this HSM may read it.");
            }
        }

        private static byte[] withoutLineEnd(byte[] bytes) {
            int length = bytes.length;
            while (length > 0 && (bytes[length - 1] == '\n' || bytes[length - 1] == '\r')) {
                length--;
            }
            byte[] secret = Arrays.copyOf(bytes, length);
            Arrays.fill(bytes, (byte) 0);
            return secret;
        }
    }

    /**
     * In the environment. Whoever may read the process's environment has it, so a file is better.
     *
     * @param name which variable
     */
    record InEnvironment(String name) implements SecretReference {
        @Override
        public byte[] read() {
            String value = System.getenv(name);
            if (value == null || value.isEmpty()) {
                throw new IllegalArgumentException("The environment has no " + name + ": set it, or name a file.");
            }
            return value.getBytes(UTF_8);
        }
    }
}
