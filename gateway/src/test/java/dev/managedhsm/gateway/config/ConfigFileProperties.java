// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.managedhsm.gateway.fixture.ServeFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** A configuration file that is cut off, has flipped bits or other bytes: it is read, or its faults are told, line by line. */
@SuppressWarnings("NullAway.Init") // made before the container
class ConfigFileProperties {
    private static Path temporary;
    private static ServeFolder folder;
    private static byte[] text;

    @BeforeContainer
    static void fillTheFolder() throws Exception {
        temporary = Files.createTempDirectory("config-");
        folder = new ServeFolder(temporary).append("""
                backups:
                  hosts: ["https://account.example", "http://127.0.0.1:10000"]
                  folders: [backups]
                  managed_identity:
                    endpoint: http://169.254.169.254/metadata/identity/oauth2/token
                    header: file:header
                    client_id: 7d1f2b36-0c58-4d0a-9b7e-55a1c2d3e4f5
                    resource: https://storage.azure.com/
                """);
        text = Files.readAllBytes(folder.config());
    }

    @AfterContainer
    static void removeTheFolder() throws IOException {
        try (Stream<Path> files = Files.walk(temporary)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Property(tries = 300)
    void oneWithFlippedBitsIsReadOrItsFaultsAreTold(
            @ForAll @Size(min = 1, max = 4) int[] places, @ForAll @IntRange(max = 7) int bit) throws IOException {
        byte[] bytes = text.clone();
        for (int place : places) {
            bytes[Math.floorMod(place, bytes.length)] ^= (byte) (1 << bit);
        }
        readOrTold(bytes);
    }

    @Property(tries = 150)
    void oneThatIsCutOffIsReadOrItsFaultsAreTold(@ForAll @IntRange(max = 2400) int length) throws IOException {
        readOrTold(Arrays.copyOf(text, Math.min(length, text.length)));
    }

    @Property(tries = 150)
    void oneWithOtherBytesIsReadOrItsFaultsAreTold(
            @ForAll @IntRange(max = 2400) int from, @ForAll @Size(max = 40) byte[] other) throws IOException {
        int at = Math.min(from, text.length);
        byte[] bytes = Arrays.copyOf(text, Math.max(text.length, at + other.length));
        System.arraycopy(other, 0, bytes, at, other.length);
        readOrTold(bytes);
    }

    @Example
    void oneThatNestsWithoutEndIsToldSo() throws IOException {
        readOrTold("[".repeat(200_000).getBytes(US_ASCII));
        readOrTold("a: ".concat("{a: ".repeat(60_000)).getBytes(US_ASCII));
        readOrTold("- ".repeat(100_000).getBytes(US_ASCII));
    }

    private static void readOrTold(byte[] bytes) throws IOException {
        Files.write(folder.config(), bytes);
        ConfigFile read = ConfigFile.read(folder.config(), Map.of(), Instant.now());
        if (read.config() == null) {
            assertFalse(read.faults().isEmpty());
        }
        for (Fault fault : read.faults()) {
            String sentence = fault.text("hsm.yaml");
            assertFalse(sentence.isBlank() || sentence.indexOf('\n') >= 0, sentence);
        }
    }
}
