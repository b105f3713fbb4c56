// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;

/**
 * A native library that comes inside a jar on the class path, taken only if its SHA-256 is the pinned one: a newer jar
 * needs a new pin, by somebody who looked.
 *
 * @param bytes the whole library file
 * @param lookup the loaded library's exported symbols
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier within this package, never compared
record Bundled(byte[] bytes, SymbolLookup lookup) {

    /**
     * Finds, checks and loads.
     *
     * @param resource where on the class path the library lies; several jars may have one there, for several machines
     * @param sha256 the pinned digest of this machine's library, hexadecimal
     * @throws LibraryFailure if no resource has this digest, or the system cannot load it
     */
    static Bundled load(String resource, String sha256) {
        byte[] bytes = pinned(resource, sha256);
        return new Bundled(bytes, loaded(bytes));
    }

    private static byte[] pinned(String resource, String sha256) {
        try {
            int seen = 0;
            for (URL url : Collections.list(Bundled.class.getClassLoader().getResources(resource))) {
                seen++;
                try (InputStream stream = url.openStream()) {
                    byte[] bytes = stream.readAllBytes();
                    byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
                    if (HexFormat.of().formatHex(digest).equals(sha256)) {
                        return bytes;
                    }
                }
            }
            throw new LibraryFailure(
                    seen == 0 ? "its jar is not on the class path" : "no jar on the class path has the pinned SHA-256");
        } catch (IOException e) {
            throw new LibraryFailure("its jar cannot be read");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** The file lives only as long as the system needs its name, in a directory of our own. */
    @SuppressWarnings("restricted")
    private static SymbolLookup loaded(byte[] bytes) {
        try {
            Path directory = Files.createTempDirectory(
                    "hsm-", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Path file = directory.resolve("library.so");
            try {
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
                Files.write(file, bytes);
                return SymbolLookup.libraryLookup(file, Arena.global());
            } catch (IllegalArgumentException e) {
                throw new LibraryFailure("the system cannot load it; the temporary directory must allow execution"
                        + " (-Djava.io.tmpdir)");
            } finally {
                Files.deleteIfExists(file);
                Files.deleteIfExists(directory);
            }
        } catch (IOException | UnsupportedOperationException e) {
            throw new LibraryFailure("it cannot be written to the temporary directory");
        }
    }
}
