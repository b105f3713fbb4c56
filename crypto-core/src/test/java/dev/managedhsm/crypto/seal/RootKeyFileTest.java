// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.Engines;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RootKeyFileTest {
    private static final String PASSPHRASE = "correct horse battery staple";
    private static Engine engine;

    @TempDir
    private Path folder;

    @BeforeAll
    static void openEngine() {
        engine = Engines.choose();
    }

    @AfterAll
    static void closeEngine() {
        engine.close();
    }

    @Test
    void opensTwiceWithTheSamePassphrase() throws IOException {
        Path file = folder.resolve("root.key");
        RootKeyFile.create(engine, file, passphrase(PASSPHRASE));

        assertArrayEquals(content(file, passphrase(PASSPHRASE)), content(file, passphrase(PASSPHRASE)));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertEquals("lock argon2id m=65536,t=3,p=4", Files.readAllLines(file).get(1));
    }

    @Test
    void opensWithItsKeyFileAndNoOther() {
        Path file = folder.resolve("root.key");
        RootKeyLock.KeyFile lock = new RootKeyLock.KeyFile(folder.resolve("one"));
        RootKeyLock.KeyFile other = new RootKeyLock.KeyFile(folder.resolve("other"));
        lock.create(engine);
        other.create(engine);
        RootKeyFile.create(engine, file, lock);

        assertArrayEquals(content(file, lock), content(file, lock));
        assertRefused("does not open", file, other);
    }

    @Test
    void holdsNothingOfTheRootKeyInTheClear() throws IOException {
        Path file = folder.resolve("root.key");
        RootKeyLock.KeyFile lock = new RootKeyLock.KeyFile(folder.resolve("lock"));
        lock.create(engine);
        RootKeyFile.create(engine, file, lock);

        String text = Files.readString(file);
        String clear = java.util.Base64.getUrlEncoder().withoutPadding().encodeToString(content(file, lock));
        assertFalse(text.contains(clear.substring(0, 16)));
    }

    @Test
    void refusesAnotherPassphrase() {
        Path file = folder.resolve("root.key");
        RootKeyFile.create(engine, file, passphrase(PASSPHRASE));

        assertRefused("does not open", file, passphrase(PASSPHRASE + " "));
    }

    @Test
    void refusesAnotherKindOfLock() {
        Path file = folder.resolve("root.key");
        RootKeyFile.create(engine, file, passphrase(PASSPHRASE));

        assertRefused("has the lock argon2id", file, new RootKeyLock.KeyFile(folder.resolve("none")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "fifteen bytes.."})
    void refusesAShortPassphrase(String text) {
        assertThrows(SealFailure.class, () -> passphrase(text));
    }

    @Test
    void neverReplacesAFile() throws IOException {
        Path file = Files.writeString(folder.resolve("root.key"), "the only way to open a store");

        assertThrows(SealFailure.class, () -> RootKeyFile.create(engine, file, passphrase(PASSPHRASE)));

        assertEquals("the only way to open a store", Files.readString(file));
    }

    @Test
    void refusesAFileThatOthersMayRead() throws IOException {
        Path file = keyFileLocked();
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));

        assertRefused("can be read by others", file, lock());
    }

    @Test
    void saysThatAFileIsNotThere() {
        assertRefused("cannot be read", folder.resolve("none"), lock());
    }

    @ParameterizedTest
    @CsvSource({
        "key 1, key 2",
        "lock key-file sp800-108, lock key-file sp800-109",
        "lock key-file, look key-file",
        "'salt ', 'salt !'",
        "'nonce ', 'nonce AA'",
        "'sealed ', 'sealed A'",
        "'sealed ', 'sealed'",
        "'sealed .*', 'sealed -'",
        "'sealed .*', 'sealed '",
        "'sealed .*', 'sealed AAAA'",
        "'sealed ', 'sealed \u00e9'"
    })
    void refusesAChangedFile(String from, String to) throws IOException {
        Path file = keyFileLocked();
        Files.writeString(file, Files.readString(file).replaceFirst(from, to));

        SealFailure failure = assertThrows(SealFailure.class, () -> RootKeyFile.open(engine, file, lock()));
        assertTrue(String.valueOf(failure.getMessage()).contains("restore"), failure.getMessage());
    }

    @Test
    void bindsTheSaltToTheContent() throws IOException {
        Path file = keyFileLocked();
        List<String> lines = Files.readAllLines(file);
        char last = lines.get(2).charAt(6);
        String salt = lines.get(2).substring(0, 6)
                + (last == 'A' ? 'B' : 'A')
                + lines.get(2).substring(7);
        Files.write(file, List.of(lines.get(0), lines.get(1), salt, lines.get(3), lines.get(4)));

        assertRefused("does not open", file, lock());
    }

    @ParameterizedTest
    @ValueSource(strings = {"m=8,t=3,p=4", "m=65536,t=1,p=4", "m=9999999,t=3,p=4", "m=65536,t=3,p=1", "m=65536,t=3"})
    void refusesNumbersThatMakeGuessingCheapOrMemoryRunOut(String numbers) throws IOException {
        Path file = folder.resolve("root.key");
        RootKeyFile.create(engine, file, passphrase(PASSPHRASE));
        Files.writeString(file, Files.readString(file).replace("m=65536,t=3,p=4", numbers));

        assertRefused("Argon2id with other numbers", file, passphrase(PASSPHRASE));
    }

    private RootKeyLock.KeyFile lock() {
        return new RootKeyLock.KeyFile(folder.resolve("lock"));
    }

    private Path keyFileLocked() {
        lock().create(engine);
        Path file = folder.resolve("root.key");
        RootKeyFile.create(engine, file, lock());
        return file;
    }

    private static RootKeyLock passphrase(String text) {
        return new RootKeyLock.Passphrase(text.getBytes(UTF_8));
    }

    private static byte[] content(Path file, RootKeyLock lock) {
        try (RootKey key = RootKeyFile.open(engine, file, lock)) {
            return key.bytes().toArray(ValueLayout.JAVA_BYTE);
        }
    }

    private static void assertRefused(String words, Path file, RootKeyLock lock) {
        SealFailure failure = assertThrows(SealFailure.class, () -> RootKeyFile.open(engine, file, lock));
        assertTrue(String.valueOf(failure.getMessage()).contains(words), failure.getMessage());
    }
}
