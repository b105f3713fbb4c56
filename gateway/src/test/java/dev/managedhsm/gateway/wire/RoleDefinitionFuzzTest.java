// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The seeds and everything the fuzzer once found, in seconds. {@code perf/bin/fuzz} goes on from here. */
class RoleDefinitionFuzzTest {
    private static final Path CORPUS = Path.of("src/test/resources/fuzz/role-definition");

    @Test
    void theCorpusBreaksNothing() throws IOException {
        try (Stream<Path> files = Files.list(CORPUS)) {
            List<Path> all = files.toList();
            assertTrue(all.size() >= 2, "seeds: " + all.size());
            for (Path file : all) {
                RoleDefinitionFuzz.fuzzerTestOneInput(Files.readAllBytes(file));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "null", " null ", "true", "7", "\"a\"", "[]", "{", "{}{}", "nul", "\u0000"})
    void whatIsNoObjectIsNone(String text) {
        RoleDefinitionFuzz.fuzzerTestOneInput(text.getBytes(UTF_8));
        if (!text.equals("{}{}")) {
            assertNull(JsonFields.object(text));
        }
    }

    @Test
    void depthBreaksNothing() {
        for (int depth : new int[] {500, 5_000, 30_000}) {
            RoleDefinitionFuzz.fuzzerTestOneInput(("{\"properties\":" + "[".repeat(depth)).getBytes(UTF_8));
            RoleDefinitionFuzz.fuzzerTestOneInput(
                    ("{\"properties\":{\"a\":" + "[".repeat(depth) + "]".repeat(depth) + "}}").getBytes(UTF_8));
        }
    }
}
