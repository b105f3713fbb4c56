// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.seal.RootKey;
import dev.managedhsm.crypto.seal.RootKeyFile;
import dev.managedhsm.crypto.seal.RootKeyLock;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.gateway.http.SecretSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Where the root of all sealing comes from at start, and where a new one is kept. */
public sealed interface RootKeySource {
    /** The file that keeps the root key from one start to the next; null if only custodians keep it. */
    @Nullable
    Path file();

    /**
     * Opens the root key.
     *
     * @param engine what opens it
     * @param from the {@link #file()}, or one that is to take its place
     * @param storeUsed whether the store has records already
     * @return the key, for the caller to close
     * @throws SealFailure saying what is wrong and what to do
     */
    RootKey open(Engine engine, Path from, boolean storeUsed);

    /**
     * Writes a root key as {@link #open} reads it, durably; a file that is there is never replaced.
     *
     * @throws SealFailure saying what is wrong and what to do
     */
    void write(Engine engine, Path to, RootKey key);

    /** Whether an HSM with this root key is activated by its first start. */
    default boolean activatesItself() {
        return false;
    }

    /**
     * For development: the key in the clear, in a file that only its owner may read; made at the first start.
     *
     * @param file the file
     */
    record Development(Path file) implements RootKeySource {
        /** Without its root key a store with records is worth nothing; making a new one would only hide the loss. */
        @Override
        public RootKey open(Engine engine, Path from, boolean storeUsed) {
            if (Files.exists(from)) {
                return RootKey.read(from);
            }
            if (storeUsed) {
                throw new SealFailure(
                        "The root key " + from + " is missing and the store has records: restore the file.");
            }
            RootKey created = RootKey.create(engine);
            try {
                created.write(from);
                return created;
            } catch (RuntimeException e) {
                created.close();
                throw e;
            }
        }

        @Override
        public void write(Engine engine, Path to, RootKey key) {
            key.write(to);
        }

        @Override
        public boolean activatesItself() {
            return true;
        }
    }

    /**
     * A root key file under a passphrase.
     *
     * @param file the root key file
     * @param passphrase where the passphrase is
     */
    record Passphrase(Path file, SecretSource passphrase) implements RootKeySource {
        @Override
        public RootKey open(Engine engine, Path from, boolean storeUsed) {
            refuseMissing(from);
            return withLock(lock -> RootKeyFile.open(engine, from, lock));
        }

        @Override
        public void write(Engine engine, Path to, RootKey key) {
            withLock(lock -> {
                RootKeyFile.write(engine, to, lock, key);
                return true;
            });
        }

        /** Makes the root key file; one that is there is never replaced. */
        public void create(Engine engine) {
            withLock(lock -> {
                RootKeyFile.create(engine, file, lock);
                return true;
            });
        }

        private <T> T withLock(Function<RootKeyLock, T> action) {
            byte[] secret = passphrase.read();
            try {
                return action.apply(new RootKeyLock.Passphrase(secret));
            } finally {
                Arrays.fill(secret, (byte) 0);
            }
        }
    }

    /**
     * A root key file under a key file.
     *
     * @param file the root key file
     * @param keyFile what opens it, best on another device
     */
    record KeyFile(Path file, Path keyFile) implements RootKeySource {
        @Override
        public RootKey open(Engine engine, Path from, boolean storeUsed) {
            refuseMissing(from);
            return RootKeyFile.open(engine, from, new RootKeyLock.KeyFile(keyFile));
        }

        @Override
        public void write(Engine engine, Path to, RootKey key) {
            RootKeyFile.write(engine, to, new RootKeyLock.KeyFile(keyFile), key);
        }

        /** Makes the root key file, and the key file if there is none yet; neither is ever replaced. */
        public void create(Engine engine) {
            RootKeyLock.KeyFile lock = new RootKeyLock.KeyFile(keyFile);
            if (!Files.exists(keyFile)) {
                lock.create(engine);
            }
            RootKeyFile.create(engine, file, lock);
        }
    }

    /**
     * Nowhere but in the hands of custodians: made when the security domain is first downloaded, and brought back by a
     * quorum of them at every start.
     */
    record Custodians() implements RootKeySource {
        @Override
        public @Nullable Path file() {
            return null;
        }

        @Override
        public RootKey open(Engine engine, Path from, boolean storeUsed) {
            throw new IllegalStateException("no file keeps this root key");
        }

        @Override
        public void write(Engine engine, Path to, RootKey key) {
            throw new IllegalStateException("no file keeps this root key");
        }
    }

    private static void refuseMissing(Path file) {
        if (!Files.exists(file)) {
            throw new SealFailure("There is no root key at " + file
                    + ": restore it, or make a new HSM with hsm init --config FILE if this one has never been used.");
        }
    }
}
