// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.Sealer;
import dev.managedhsm.crypto.memory.LockedMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Set;

/**
 * A root key on disk, sealed under a {@link RootKeyLock}: whoever has the file alone has nothing.
 *
 * <pre>
 *   managed-hsm root key 1
 *   lock argon2id m=65536,t=3,p=4        or: lock key-file sp800-108
 *   salt  (16 bytes, base64url)
 *   nonce (12 bytes, base64url)
 *   sealed (32 bytes and the tag, base64url)      AES-256-GCM, bound to all lines above
 * </pre>
 *
 * <p>Used by one thread, at start and when the HSM is made.
 */
public final class RootKeyFile {
    private static final String TITLE = "managed-hsm root key 1";
    private static final Set<String> WORDS = Set.of("argon2id", "key-file");
    private static final int SALT_LENGTH = 16;
    private static final int SEALED_LENGTH = RootKey.LENGTH + Sealer.TAG_LENGTH;
    private static final int LINES = 5;
    private static final long LENGTH_MAX = 4096;
    private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

    private RootKeyFile() {}

    /**
     * Makes a new root key and writes it, durably; a file that is there is never replaced.
     *
     * @param engine what makes and seals it
     * @param file where to; its folder must exist
     * @param lock what will open it
     * @throws SealFailure saying what is wrong and what to do
     */
    public static void create(Engine engine, Path file, RootKeyLock lock) {
        try (RootKey key = RootKey.create(engine)) {
            write(engine, file, lock, key);
        }
    }

    /**
     * Writes a root key that there is already, durably; a file that is there is never replaced.
     *
     * @param engine what seals it
     * @param file where to; its folder must exist
     * @param lock what will open it
     * @param key the root key; not kept
     * @throws SealFailure saying what is wrong and what to do
     */
    public static void write(Engine engine, Path file, RootKeyLock lock, RootKey key) {
        String head = String.join(
                "\n",
                TITLE,
                "lock " + lock.word() + ' ' + lock.newParameters(),
                "salt " + BASE64URL.encodeToString(random(engine, SALT_LENGTH)),
                "nonce " + BASE64URL.encodeToString(random(engine, Sealer.NONCE_LENGTH)),
                "");
        Parts parts = parts(file, head + "sealed -");
        byte[] sealed;
        try (LockedMemory kek = lockKey(engine, lock, parts);
                Sealer sealer = engine.sealer(kek.segment().asSlice(0, RootKey.LENGTH));
                LockedMemory out = LockedMemory.allocate(SEALED_LENGTH, "sealed root key")) {
            sealer.seal(parts.nonce, parts.bound, key.bytes(), out.segment().asSlice(0, SEALED_LENGTH));
            sealed = out.segment().asSlice(0, SEALED_LENGTH).toArray(ValueLayout.JAVA_BYTE);
        }
        String text = head + "sealed " + BASE64URL.encodeToString(sealed) + "\n";
        OwnFile.write(file, "root key file", text.getBytes(StandardCharsets.US_ASCII));
    }

    /**
     * Opens a root key.
     *
     * @param engine what opens it
     * @param file the file that {@link #create} made
     * @param lock what it was made with
     * @return the key, for the caller to close
     * @throws SealFailure saying what is wrong and what to do
     */
    public static RootKey open(Engine engine, Path file, RootKeyLock lock) {
        Parts parts = parts(file, read(file));
        if (parts.sealed.length != SEALED_LENGTH) {
            throw damaged(file);
        }
        if (!parts.word.equals(lock.word())) {
            throw new SealFailure("the root key file " + file + " has the lock " + parts.word
                    + ", the configuration names " + lock.word() + ": name the lock with which it was made");
        }
        RootKey key = RootKey.empty();
        boolean opened = false;
        try (LockedMemory kek = lockKey(engine, lock, parts);
                Sealer sealer = engine.sealer(kek.segment().asSlice(0, RootKey.LENGTH));
                LockedMemory in = LockedMemory.allocate(SEALED_LENGTH, "sealed root key")) {
            MemorySegment sealed = in.segment().asSlice(0, SEALED_LENGTH);
            MemorySegment.copy(parts.sealed, 0, sealed, ValueLayout.JAVA_BYTE, 0, SEALED_LENGTH);
            opened = sealer.open(parts.nonce, parts.bound, sealed, key.bytes());
        } finally {
            if (!opened) {
                key.close();
            }
        }
        if (!opened) {
            throw new SealFailure(
                    "the root key file " + file
                            + " does not open: the passphrase or key file is another, or the file was changed; restore the right one");
        }
        return key;
    }

    private static LockedMemory lockKey(Engine engine, RootKeyLock lock, Parts parts) {
        LockedMemory memory = LockedMemory.allocate(RootKey.LENGTH, "key of the root key file");
        try {
            lock.derive(engine, parts.parameters, parts.salt, memory.segment().asSlice(0, RootKey.LENGTH));
            return memory;
        } catch (RuntimeException e) {
            memory.close();
            throw e;
        }
    }

    private static byte[] random(Engine engine, int length) {
        try (LockedMemory memory = LockedMemory.allocate(length, "salt")) {
            MemorySegment bytes = memory.segment().asSlice(0, length);
            engine.random(bytes);
            return bytes.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    private static String read(Path file) {
        OwnFile.refuseOthers(file, "root key file");
        try {
            if (Files.size(file) > LENGTH_MAX) {
                throw damaged(file);
            }
            return Files.readString(file, StandardCharsets.US_ASCII);
        } catch (CharacterCodingException e) {
            throw damaged(file);
        } catch (IOException e) {
            throw new SealFailure("the root key file " + file + " cannot be read ("
                    + e.getClass().getSimpleName()
                    + "): check that it exists and belongs to the user who runs this HSM");
        }
    }

    private static Parts parts(Path file, String text) {
        List<String> lines = text.lines().toList();
        if (lines.size() != LINES || !lines.getFirst().equals(TITLE)) {
            throw damaged(file);
        }
        String[] lock = value(file, lines.get(1), "lock ").split(" ", -1);
        byte[] salt = bytes(file, lines.get(2), "salt ");
        byte[] nonce = bytes(file, lines.get(3), "nonce ");
        byte[] sealed = lines.get(4).equals("sealed -") ? new byte[0] : bytes(file, lines.get(4), "sealed ");
        if (lock.length != 2
                || !WORDS.contains(lock[0])
                || salt.length != SALT_LENGTH
                || nonce.length != Sealer.NONCE_LENGTH) {
            throw damaged(file);
        }
        String bound = String.join("\n", lines.subList(0, LINES - 1));
        return new Parts(lock[0], lock[1], salt, nonce, sealed, bound.getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] bytes(Path file, String line, String name) {
        try {
            return Base64.getUrlDecoder().decode(value(file, line, name));
        } catch (IllegalArgumentException e) {
            throw damaged(file);
        }
    }

    private static String value(Path file, String line, String name) {
        if (!line.startsWith(name)) {
            throw damaged(file);
        }
        return line.substring(name.length());
    }

    private static SealFailure damaged(Path file) {
        return new SealFailure("the root key file " + file + " is damaged: restore it");
    }

    /** What a file says. */
    private static final class Parts {
        private final String word;
        private final String parameters;
        private final byte[] salt;
        private final byte[] nonce;
        private final byte[] sealed;
        private final byte[] bound;

        private Parts(String word, String parameters, byte[] salt, byte[] nonce, byte[] sealed, byte[] bound) {
            this.word = word;
            this.parameters = parameters;
            this.salt = salt;
            this.nonce = nonce;
            this.sealed = sealed;
            this.bound = bound;
        }
    }
}
