// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.Engines;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.function.Supplier;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * Files that keep a root key, cut off, with flipped bits or with other bytes: each opens as the key that it was, or is
 * refused in one sentence. Nothing else ever comes out.
 */
@SuppressWarnings("NullAway.Init") // made before the container
class RootKeyFileProperties {
    private static Engine engine;
    private static Path folder;
    private static RootKeyLock.KeyFile lock;
    private static byte[] rootKeyFile;
    private static byte[] sealingFile;
    private static byte[] key;

    @BeforeContainer
    static void makeTheFiles() throws IOException {
        engine = Engines.choose();
        folder = Files.createTempDirectory("root-key-");
        lock = new RootKeyLock.KeyFile(folder.resolve("lock"));
        lock.create(engine);
        try (RootKey made = RootKey.create(engine)) {
            RootKeyFile.write(engine, folder.resolve("root.key"), lock, made);
            made.write(folder.resolve("root.seal"));
            key = made.bytes().toArray(ValueLayout.JAVA_BYTE);
        }
        rootKeyFile = Files.readAllBytes(folder.resolve("root.key"));
        sealingFile = Files.readAllBytes(folder.resolve("root.seal"));
    }

    @AfterContainer
    static void removeTheFiles() throws IOException {
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
        engine.close();
    }

    @Property(tries = 400)
    void aRootKeyFileWithFlippedBitsIsTheSameOrRefused(
            @ForAll @Size(min = 1, max = 3) int[] places, @ForAll @IntRange(max = 7) int bit) throws IOException {
        byte[] bytes = rootKeyFile.clone();
        for (int place : places) {
            bytes[Math.floorMod(place, bytes.length)] ^= (byte) (1 << bit);
        }
        sameOrRefused(bytes);
    }

    @Property(tries = 300)
    void aRootKeyFileThatIsCutOffIsTheSameOrRefused(@ForAll @IntRange(max = 400) int length) throws IOException {
        sameOrRefused(Arrays.copyOf(rootKeyFile, Math.min(length, rootKeyFile.length)));
    }

    @Property(tries = 300)
    void aRootKeyFileWithOtherBytesIsTheSameOrRefused(
            @ForAll @IntRange(max = 400) int from, @ForAll @Size(max = 64) byte[] other) throws IOException {
        int at = Math.min(from, rootKeyFile.length);
        byte[] bytes = Arrays.copyOf(rootKeyFile, Math.max(rootKeyFile.length, at + other.length));
        System.arraycopy(other, 0, bytes, at, other.length);
        sameOrRefused(bytes);
    }

    @Property(tries = 100)
    void anythingInThePlaceOfARootKeyFileIsRefused(@ForAll @Size(max = 5000) byte[] bytes) throws IOException {
        refused(write("root.key", bytes), file -> RootKeyFile.open(engine, file, lock));
    }

    /** What has its length may be another key; the store's records tell. */
    @Property(tries = 100)
    void anythingOfAnotherLengthInThePlaceOfASealingFileIsRefused(@ForAll @Size(max = 100) byte[] bytes)
            throws IOException {
        byte[] other = bytes.length == sealingFile.length ? Arrays.copyOf(bytes, 31) : bytes;
        refused(write("root.seal", other), RootKey::read);
    }

    private interface Opening {
        RootKey open(Path file);
    }

    private static void sameOrRefused(byte[] bytes) throws IOException {
        Path file = write("root.key", bytes);
        check(() -> RootKeyFile.open(engine, file, lock), true);
    }

    private static void refused(Path file, Opening opening) {
        check(() -> opening.open(file), false);
    }

    private static void check(Supplier<RootKey> opening, boolean mayOpen) {
        try (RootKey opened = opening.get()) {
            assertTrue(mayOpen, "it opened");
            assertArrayEquals(key, opened.bytes().toArray(ValueLayout.JAVA_BYTE));
        } catch (SealFailure refusal) {
            String sentence = String.valueOf(refusal.getMessage());
            assertFalse(sentence.isBlank() || sentence.indexOf('\n') >= 0, sentence);
            assertTrue(sentence.contains(": "), sentence + " says what to do");
        }
    }

    private static Path write(String name, byte[] bytes) throws IOException {
        Path file = Files.write(folder.resolve(name), bytes);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file;
    }
}
