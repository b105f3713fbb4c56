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

/**
 * Where the root of all sealing comes from at start. An HSM that is opened by a quorum of its custodians will be one more
 * of these, and begin as sealed.
 */
public sealed interface RootKeySource {
    /**
     * Opens the root key.
     *
     * @param engine what opens it
     * @param storeUsed whether the store has records already
     * @return the key, for the caller to close
     * @throws SealFailure saying what is wrong and what to do
     */
    RootKey open(Engine engine, boolean storeUsed);

    /**
     * For development: the key in the clear, in a file that only its owner may read; made at the first start.
     *
     * @param file the file
     */
    record Development(Path file) implements RootKeySource {
        /** Without its root key a store with records is worth nothing; making a new one would only hide the loss. */
        @Override
        public RootKey open(Engine engine, boolean storeUsed) {
            if (Files.exists(file)) {
                return RootKey.read(file);
            }
            if (storeUsed) {
                throw new SealFailure(
                        "The root key " + file + " is missing and the store has records: restore the file.");
            }
            RootKey created = RootKey.create(engine);
            try {
                created.write(file);
                return created;
            } catch (RuntimeException e) {
                created.close();
                throw e;
            }
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
        public RootKey open(Engine engine, boolean storeUsed) {
            refuseMissing(file);
            return withLock(lock -> RootKeyFile.open(engine, file, lock));
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
        public RootKey open(Engine engine, boolean storeUsed) {
            refuseMissing(file);
            return RootKeyFile.open(engine, file, new RootKeyLock.KeyFile(keyFile));
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

    private static void refuseMissing(Path file) {
        if (!Files.exists(file)) {
            throw new SealFailure("There is no root key at " + file
                    + ": restore it, or make a new HSM with hsm init --config FILE if this one has never been used.");
        }
    }
}
