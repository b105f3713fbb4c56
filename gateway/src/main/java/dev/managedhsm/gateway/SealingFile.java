// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.seal.RootKey;
import dev.managedhsm.crypto.seal.SealFailure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The file that keeps the root key from one start to the next, and how another root key takes its place so that there is no
 * moment at which the power may not go:
 *
 * <pre>
 *   stage   the new key is in FILE.next, FILE is as it was
 *   (the store commits: from here on its records are sealed under the new key, and it says so)
 *   finish  FILE.next is renamed to FILE
 * </pre>
 *
 * <p>A start finds out by what the store says which of the two files counts. Used by one thread at a time.
 */
final class SealingFile {
    private final RootKeySource source;
    private final @Nullable Path file;
    private final @Nullable Path next;

    SealingFile(RootKeySource source) {
        this.source = source;
        this.file = source.file();
        this.next = file == null ? null : file.resolveSibling(file.getFileName() + ".next");
    }

    /**
     * Opens the root key at start.
     *
     * @param engine what opens it
     * @param wanted identity of the root key that the store's records are sealed under; null if the store does not say
     * @param storeUsed whether the store has records already
     * @return the key, for the caller to close; null if only custodians have it
     * @throws SealFailure saying what is wrong and what to do
     */
    @Nullable
    RootKey open(Engine engine, @Nullable String wanted, boolean storeUsed) {
        Path here = file;
        Path staged = next;
        if (here == null || staged == null) {
            return null;
        }
        boolean gone = !Files.exists(here) && !Files.exists(staged);
        if (gone && wanted != null && !source.activatesItself()) {
            return null;
        }
        if (wanted != null && Files.exists(staged)) {
            RootKey key = source.open(engine, staged, true);
            if (Activation.identity(engine, key).equals(wanted)) {
                finish();
                return key;
            }
            key.close(); // the store never took it
            discard();
        }
        RootKey key = source.open(engine, here, storeUsed);
        if (wanted != null && !Activation.identity(engine, key).equals(wanted)) {
            key.close();
            throw new SealFailure("the root key file " + here
                    + " is not the one that the store's records are sealed under: put the right one in its place, or take"
                    + " it away and upload the security domain");
        }
        return key;
    }

    /** Writes the new key beside the old one, durably. */
    void stage(Engine engine, RootKey key) {
        Path staged = next;
        if (staged != null) {
            discard();
            source.write(engine, staged, key);
        }
    }

    /** Puts the new key in the place of the old one, durably. */
    void finish() {
        Path here = file;
        Path staged = next;
        if (here == null || staged == null) {
            return;
        }
        try {
            Files.move(staged, here, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            Path folder = here.toAbsolutePath().getParent();
            if (folder != null) {
                try (FileChannel names = FileChannel.open(folder, StandardOpenOption.READ)) {
                    names.force(true);
                }
            }
        } catch (IOException e) {
            throw new SealFailure("the new root key " + staged + " cannot take the place of " + here + " ("
                    + e.getClass().getSimpleName() + "): rename it yourself, then start anew");
        }
    }

    /** Removes a new key that the store never took. */
    void discard() {
        Path staged = next;
        if (staged == null) {
            return;
        }
        try {
            Files.deleteIfExists(staged);
        } catch (IOException e) {
            throw new SealFailure("the root key " + staged + " was never used and cannot be deleted: delete it");
        }
    }
}
