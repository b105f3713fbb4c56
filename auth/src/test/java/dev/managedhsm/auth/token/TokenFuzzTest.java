// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import static dev.managedhsm.auth.fixture.Issuers.RSA;
import static dev.managedhsm.auth.fixture.Issuers.mint;
import static dev.managedhsm.auth.fixture.TokenMint.utf8;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.fixture.SigningKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The seeds and everything the fuzzer once found, in seconds. {@code perf/bin/fuzz} goes on from here. */
class TokenFuzzTest {
    private static final Path CORPUS = Path.of("src/test/resources/fuzz/token");

    private static byte[] seed(int kind, byte[] bytes) {
        ByteArrayOutputStream seed = new ByteArrayOutputStream();
        seed.write(kind);
        seed.writeBytes(bytes);
        return seed.toByteArray();
    }

    @Test
    void theTableOfBadTokensBreaksNothing() {
        for (BadToken bad : BadTokens.all()) {
            TokenFuzz.fuzzerTestOneInput(seed(0, utf8(bad.token())));
        }
    }

    @Test
    void goodTokensBreakNothing() {
        TokenFuzz.fuzzerTestOneInput(seed(0, utf8(mint().signed(RSA, "RS256").substring(1))));
        TokenFuzz.fuzzerTestOneInput(seed(1, utf8(mint().claimsJson())));
        TokenFuzz.fuzzerTestOneInput(seed(2, utf8("{\"alg\":\"RS256\",\"kid\":\"rsa-1\"}")));
        TokenFuzz.fuzzerTestOneInput(seed(3, utf8(SigningKey.jwks(RSA))));
        TokenFuzz.fuzzerTestOneInput(new byte[0]);
    }

    @Test
    void theCorpusBreaksNothing() throws IOException {
        try (Stream<Path> files = Files.list(CORPUS)) {
            List<Path> all = files.toList();
            assertTrue(all.size() >= 4, "seeds: " + all.size());
            for (Path file : all) {
                TokenFuzz.fuzzerTestOneInput(Files.readAllBytes(file));
            }
        }
    }
}
