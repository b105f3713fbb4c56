// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.fixture.CountingEngine;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RootKeyTest {
    @TempDir
    Path folder;

    private final CountingEngine engine = new CountingEngine();

    @Test
    void comesBackFromItsSealingFile() throws IOException {
        Path file = folder.resolve("root.seal");
        try (RootKey key = RootKey.create(engine)) {
            key.write(file);
            try (RootKey back = RootKey.read(file)) {
                assertArrayEquals(
                        key.bytes().toArray(ValueLayout.JAVA_BYTE), back.bytes().toArray(ValueLayout.JAVA_BYTE));
            }
        }
        assertEquals(RootKey.LENGTH, Files.size(file));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(file), files.toList());
        }
    }

    @Test
    void twoRootKeysDiffer() {
        try (RootKey one = RootKey.create(engine);
                RootKey two = RootKey.create(engine)) {
            assertFalse(one.bytes().mismatch(two.bytes()) == -1);
        }
    }

    @Test
    void refusesToReplaceASealingFile() throws IOException {
        Path file = folder.resolve("root.seal");
        Files.writeString(file, "the only way to open a store");
        try (RootKey key = RootKey.create(engine)) {
            assertThrows(SealFailure.class, () -> key.write(file));
        }
        assertEquals("the only way to open a store", Files.readString(file));
    }

    @Test
    void refusesToReplaceLinkThatLeadsNowhere() throws IOException {
        Path file = folder.resolve("root.seal");
        Path elsewhere = folder.resolve("a disk that is not mounted");
        Files.createSymbolicLink(file, elsewhere); // not seen by a look whether the file exists
        try (RootKey key = RootKey.create(engine)) {
            SealFailure failure = assertThrows(SealFailure.class, () -> key.write(file));
            assertTrue(failure.toString().contains("is there already"), failure.toString());
        }
        assertEquals(elsewhere, Files.readSymbolicLink(file));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(file), files.toList());
        }
    }

    @Test
    void onlyOneOfManyWritersAtOnceSucceeds() throws Exception {
        Path file = folder.resolve("root.seal");
        int writers = 8;
        CyclicBarrier start = new CyclicBarrier(writers);
        List<byte[]> written = Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < writers; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                try (RootKey key = RootKey.create(engine)) {
                    start.await();
                    key.write(file);
                    written.add(key.bytes().toArray(ValueLayout.JAVA_BYTE));
                } catch (SealFailure e) {
                    // another was first
                } catch (InterruptedException | BrokenBarrierException e) {
                    throw new AssertionError(e);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }

        assertEquals(1, written.size());
        assertArrayEquals(written.getFirst(), Files.readAllBytes(file));
    }

    @Test
    void refusesFileThatOthersCanRead() throws IOException {
        Path file = written(new byte[] {1});
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));

        assertRefuses(file, "can be read by others");
    }

    @Test
    void refusesFileOfAnotherLength() throws IOException {
        assertRefuses(written(new byte[31]), "31 bytes");
        assertRefuses(written(new byte[33]), "33 bytes");
        assertRefuses(written(new byte[0]), "0 bytes");
    }

    @Test
    void refusesFileOfZeros() throws IOException {
        assertRefuses(written(new byte[RootKey.LENGTH]), "only zeros");
    }

    @Test
    void refusesMissingFile() {
        assertRefuses(folder.resolve("nowhere"), "cannot be read");
    }

    @Test
    void refusesFolderThatIsNotThere() {
        try (RootKey key = RootKey.create(engine)) {
            assertThrows(
                    SealFailure.class, () -> key.write(folder.resolve("nowhere").resolve("root.seal")));
        }
    }

    private Path written(byte[] content) throws IOException {
        Path file = Files.createTempFile(folder, "root", ".seal");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return Files.write(file, content);
    }

    private static void assertRefuses(Path file, String reason) {
        SealFailure failure = assertThrows(SealFailure.class, () -> RootKey.read(file));
        assertTrue(failure.toString().contains(reason), failure.toString());
    }
}
