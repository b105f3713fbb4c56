// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.StartRefused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DevFolderTest {
    @TempDir
    private Path temporary;

    @Test
    void makesAMissingFolderForItsOwnerOnly() throws IOException {
        try (DevFolder folder = DevFolder.open(temporary.resolve("a").resolve("dev"))) {
            assertEquals("rwx------", modeOf(folder.path()));
            assertEquals("rw-------", modeOf(folder.at("lock")));
        }
    }

    @Test
    void takesGroupAndOthersRightsAway() throws IOException {
        Path open = Files.createDirectory(temporary.resolve("dev"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));

        DevFolder.open(open).close();

        assertEquals("rwx------", modeOf(open));
    }

    @Test
    void writesPrivateAndPublicFilesWithTheirModes() throws IOException {
        try (DevFolder folder = DevFolder.open(temporary.resolve("dev"))) {
            folder.writePrivate("tls/key", "k");
            folder.writePublic("cert", "c");

            assertEquals("rwx------", modeOf(folder.at("tls")));
            assertEquals("rw-------", modeOf(folder.at("tls/key")));
            assertEquals("rw-r--r--", modeOf(folder.at("cert")));
            assertEquals("k", folder.read("tls/key"));
        }
    }

    @Test
    void replacesAFileAndItsModeWhole() throws IOException {
        try (DevFolder folder = DevFolder.open(temporary.resolve("dev"))) {
            Files.writeString(folder.at("key"), "a longer old text");
            Files.setPosixFilePermissions(folder.at("key"), PosixFilePermissions.fromString("rw-r--r--"));

            folder.writePrivate("key", "new");

            assertEquals("new", folder.read("key"));
            assertEquals("rw-------", modeOf(folder.at("key")));
            try (Stream<Path> entries = Files.list(folder.path())) {
                assertEquals(2, entries.count(), "only the lock and the key");
            }
        }
    }

    @Test
    void refusesASecondOpeningUntilTheFirstIsClosed() {
        Path path = temporary.resolve("dev");
        try (DevFolder first = DevFolder.open(path)) {
            StartRefused refused = assertThrows(StartRefused.class, () -> DevFolder.open(path));
            assertEquals(
                    "Another process runs the HSM in " + first.path() + ": end it, or name another folder with --data.",
                    refused.sentence());
        }
        DevFolder.open(path).close();
    }

    @Test
    void refusesAFile() throws IOException {
        Path file = Files.createFile(temporary.resolve("file"));

        StartRefused refused = assertThrows(StartRefused.class, () -> DevFolder.open(file));

        assertEquals(file + " is not a folder: name one with --data.", refused.sentence());
    }

    @Test
    void refusesAFolderBelowAFile() throws IOException {
        Path file = Files.createFile(temporary.resolve("file"));

        StartRefused refused = assertThrows(
                StartRefused.class, () -> DevFolder.open(file.resolve("a").resolve("b")));

        assertTrue(refused.sentence().endsWith("make it writable, or name another folder with --data."));
    }

    @Test
    void leavesAForeignFolderUntouched() throws IOException {
        Path foreign = Files.createDirectory(temporary.resolve("photos"));
        Files.setPosixFilePermissions(foreign, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(foreign.resolve("cat.jpg"), "meow");

        assertThrows(StartRefused.class, () -> DevFolder.open(foreign));

        assertEquals("rwxr-xr-x", modeOf(foreign));
        assertFalse(Files.exists(foreign.resolve("lock")));
    }

    @Test
    void takesUpAnInterruptedFirstStart() throws IOException {
        Path path = temporary.resolve("dev");
        DevFolder.open(path).close();
        Files.createFile(path.resolve(".new-123"));

        DevFolder.open(path).close();
    }

    @Test
    void saysWhichFileIsMissing() {
        try (DevFolder folder = DevFolder.open(temporary.resolve("dev"))) {
            StartRefused refused = assertThrows(StartRefused.class, () -> folder.read("ca.pem"));
            assertTrue(refused.sentence().startsWith(folder.at("ca.pem") + " cannot be read"));
        }
    }

    private static String modeOf(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
