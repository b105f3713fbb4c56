// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

import dev.managedhsm.crypto.engine.Engine;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;

/**
 * What opens a sealed root key: something that a person knows, or a file that is kept elsewhere. Used by one thread, at
 * start.
 */
public sealed interface RootKeyLock {
    /** Shortest passphrase, in bytes. */
    int PASSPHRASE_LENGTH_MIN = 16;

    /** Longest passphrase, in bytes. */
    int PASSPHRASE_LENGTH_MAX = 1024;

    /** What the sealed file's line of this lock begins with. */
    String word();

    /** The line of a new sealed file that says how its lock works, without the salt. */
    String newParameters();

    /**
     * Derives the key that seals the root key.
     *
     * @param parameters as a sealed file names them
     * @param salt of the sealed file
     * @param out 32 bytes, off-heap
     * @throws SealFailure if the lock cannot be had, or the parameters are none of this house
     */
    void derive(Engine engine, String parameters, byte[] salt, MemorySegment out);

    /**
     * A passphrase, stretched by Argon2id (RFC 9106).
     *
     * <p>The second recommended choice of its section 4: three passes over 64 MiB in four lanes. A file may name more,
     * never less, so that an exchanged file cannot make guessing cheap or the memory run out.
     */
    final class Passphrase implements RootKeyLock {
        private static final int PASSES = 3;
        private static final int PASSES_MAX = 16;
        private static final int MEMORY_KIB = 64 * 1024;
        private static final int MEMORY_KIB_MAX = 128 * 1024;
        private static final int LANES = 4;

        private final byte[] passphrase;

        /**
         * @param passphrase its bytes, {@link #PASSPHRASE_LENGTH_MIN} to {@link #PASSPHRASE_LENGTH_MAX}; not copied, the
         *     caller wipes them
         * @throws SealFailure if it is too short or too long
         */
        public Passphrase(byte[] passphrase) {
            if (passphrase.length < PASSPHRASE_LENGTH_MIN || passphrase.length > PASSPHRASE_LENGTH_MAX) {
                throw new SealFailure("the root key's passphrase has " + passphrase.length + " bytes: choose one of "
                        + PASSPHRASE_LENGTH_MIN + " to " + PASSPHRASE_LENGTH_MAX);
            }
            this.passphrase = passphrase;
        }

        @Override
        public String word() {
            return "argon2id";
        }

        @Override
        public String newParameters() {
            return "m=" + MEMORY_KIB + ",t=" + PASSES + ",p=" + LANES;
        }

        @Override
        public void derive(Engine engine, String parameters, byte[] salt, MemorySegment out) {
            int[] numbers = numbers(parameters);
            Argon2BytesGenerator argon2 = new Argon2BytesGenerator();
            argon2.init(new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                    .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                    .withMemoryAsKB(numbers[0])
                    .withIterations(numbers[1])
                    .withParallelism(LANES)
                    .withSalt(salt)
                    .build());
            byte[] key = new byte[RootKey.LENGTH];
            try {
                argon2.generateBytes(passphrase, key);
                MemorySegment.copy(key, 0, out, ValueLayout.JAVA_BYTE, 0, key.length);
            } finally {
                Arrays.fill(key, (byte) 0);
            }
        }

        /** Memory in KiB and passes. */
        private static int[] numbers(String parameters) {
            String[] parts = parameters.split(",", -1);
            int memory = parts.length == 3 ? number(parts[0], "m=") : 0;
            int passes = parts.length == 3 ? number(parts[1], "t=") : 0;
            boolean known = memory >= MEMORY_KIB
                    && memory <= MEMORY_KIB_MAX
                    && passes >= PASSES
                    && passes <= PASSES_MAX
                    && parts[2].equals("p=" + LANES);
            if (!known) {
                throw new SealFailure(
                        "the root key file asks for Argon2id with other numbers than " + MEMORY_KIB + " to "
                                + MEMORY_KIB_MAX + " KiB, " + PASSES + " to " + PASSES_MAX + " passes and " + LANES
                                + " lanes: restore it");
            }
            return new int[] {memory, passes};
        }

        private static int number(String part, String name) {
            String digits = part.startsWith(name) ? part.substring(name.length()) : "";
            return digits.matches("[1-9][0-9]{0,8}") ? Integer.parseInt(digits) : 0;
        }

        /** Without the passphrase. */
        @Override
        public String toString() {
            return "Passphrase";
        }
    }

    /**
     * A file of {@link RootKey#LENGTH} random bytes that only its owner may read, best kept on another device than the
     * store.
     *
     * @param file where it is
     */
    record KeyFile(Path file) implements RootKeyLock {
        private static final byte[] LABEL = "root key file".getBytes(StandardCharsets.US_ASCII);

        @Override
        public String word() {
            return "key-file";
        }

        @Override
        public String newParameters() {
            return "sp800-108";
        }

        @Override
        public void derive(Engine engine, String parameters, byte[] salt, MemorySegment out) {
            if (!parameters.equals(newParameters())) {
                throw new SealFailure("the root key file is of a form that is not known: restore it");
            }
            try (RootKey key = RootKey.read(file)) {
                engine.derive(key.bytes(), LABEL, salt, out);
            }
        }

        /** Makes a new key file, durably; one that is there is never replaced. */
        public void create(Engine engine) {
            try (RootKey key = RootKey.create(engine)) {
                key.write(file);
            }
        }
    }
}
