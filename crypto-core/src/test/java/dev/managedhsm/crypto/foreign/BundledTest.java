// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BundledTest {
    private static final String NATIVE = "com/amazon/corretto/crypto/provider/libamazonCorrettoCryptoProvider.so";
    private static final String NOT_NATIVE = "vectors/keys.txt";

    @Test
    void refusesALibraryWithAnotherDigest() {
        LibraryFailure refused = assertThrows(LibraryFailure.class, () -> Bundled.load(NATIVE, "00".repeat(32)));
        assertEquals("no jar on the class path has the pinned SHA-256", refused.getMessage());
    }

    @Test
    void refusesALibraryThatIsNotThere() {
        LibraryFailure refused =
                assertThrows(LibraryFailure.class, () -> Bundled.load("no/such/library.so", "00".repeat(32)));
        assertEquals("its jar is not on the class path", refused.getMessage());
    }

    @Test
    void refusesWhatIsNoLibraryAndLeavesNoFileBehind() throws Exception {
        byte[] bytes;
        try (var stream = BundledTest.class.getClassLoader().getResourceAsStream(NOT_NATIVE)) {
            bytes = java.util.Objects.requireNonNull(stream).readAllBytes();
        }
        String digest =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        List<Path> before = left();
        LibraryFailure refused = assertThrows(LibraryFailure.class, () -> Bundled.load(NOT_NATIVE, digest));
        assertTrue(String.valueOf(refused.getMessage()).contains("cannot load it"));
        List<Path> after = left();
        assertTrue(before.containsAll(after), after.toString());
    }

    private static List<Path> left() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(file -> file.getFileName().toString().startsWith("hsm-"))
                    .toList();
        }
    }
}
