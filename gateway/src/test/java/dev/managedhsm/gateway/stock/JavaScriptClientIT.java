// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.stock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.managedhsm.gateway.fixture.RunningHsm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Azure's key client and credentials for JavaScript, as they are published, use this HSM. They come from npm by the
 * versions and checksums of {@code src/test/js/package-lock.json}; Node.js must be there.
 */
@Tag("slow")
class JavaScriptClientIT {
    private static final String NAME = "hsm1.hsm.test";
    private static final long SECONDS_MAX = 240;
    private static final Path SOURCE = Path.of("src", "test", "js");

    /** Not among the sources, so that a clean build takes it away. */
    private static final Path FOLDER = Path.of("target", "js");

    @Test
    void stockClientSignsWithManagedAndWorkloadIdentities() throws Exception {
        for (String tool : List.of("node", "npm")) {
            if (!present(tool)) {
                fail("Node.js is not installed: install it (commands node and npm), or leave the slow tests out.");
            }
        }
        Files.createDirectories(FOLDER);
        for (String file : List.of("package.json", "package-lock.json", "sign.js")) {
            Files.copy(SOURCE.resolve(file), FOLDER.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        install();
        try (RunningHsm hsm = RunningHsm.start(NAME)) {
            ProcessBuilder client = new ProcessBuilder("node", "sign.js", hsm.url());
            for (String name : List.of(
                    "IDENTITY_ENDPOINT",
                    "IDENTITY_HEADER",
                    "TENANT_ID",
                    "ADMIN_CLIENT_ID",
                    "CRYPTO_USER_CLIENT_ID",
                    "DEV_AUTHORITY",
                    "DEV_AUDIENCE",
                    "DEV_WORKLOAD_TOKEN_FILE")) {
                client.environment().put(name, hsm.value(name));
            }
            client.environment().put("NODE_EXTRA_CA_CERTS", hsm.ca().toString());

            List<String> lines = run(client);

            assertEquals(
                    List.of(
                            "ok managed-identity signs",
                            "ok RSA key signs, decrypts, unwraps",
                            "ok keys are listed, deleted, recovered",
                            "ok user-assigned-identity signs",
                            "ok workload-identity signs",
                            "ok default-managed-identity signs",
                            "ok default-workload-identity signs",
                            "ok wrong client secret is refused",
                            "end"),
                    lines.stream()
                            .filter(line -> line.startsWith("ok ") || line.equals("end"))
                            .toList());
        }
    }

    /** By the lock file; anew when it has changed, or when the last installation did not come to its end. */
    private static void install() throws IOException, InterruptedException {
        Path installed = FOLDER.resolve("installed.json");
        Path lock = FOLDER.resolve("package-lock.json");
        if (!Files.exists(installed) || Files.mismatch(installed, lock) >= 0) {
            run(new ProcessBuilder("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"));
            Files.copy(lock, installed, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static boolean present(String tool) {
        return Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, tool)));
    }

    private static List<String> run(ProcessBuilder builder) throws IOException, InterruptedException {
        Path output = Files.createTempFile("js", ".log");
        try {
            Process process = builder.directory(FOLDER.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            boolean ended = process.waitFor(SECONDS_MAX, TimeUnit.SECONDS);
            process.destroyForcibly();
            String text = Files.readString(output);
            assertTrue(ended, text);
            assertEquals(0, process.exitValue(), text);
            return Arrays.asList(text.split("\n", -1));
        } finally {
            Files.delete(output);
        }
    }
}
