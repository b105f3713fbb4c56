// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.stock;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.gateway.fixture.Attester;
import dev.managedhsm.gateway.fixture.Enclave;
import dev.managedhsm.gateway.fixture.RunningHsm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Azure's key client and managed-identity credential, as they are published, use this HSM as they would use Azure's. Each
 * check that they make is a test here.
 */
class StockClientIT {
    /** Its domain is the parent that the challenge must name. */
    private static final String NAME = "hsm1.hsm.test";

    private static final long CLIENT_SECONDS_MAX = 120;

    @TempDir
    private Path folder;

    @TestFactory
    List<DynamicTest> stockClientDoesEverything() throws Exception {
        Path outcomes = folder.resolve("outcomes");
        Path log = folder.resolve("client.log");
        int status;
        try (Attester attester = Attester.start();
                RunningHsm hsm = RunningHsm.start(NAME, List.of(attester.authority()))) {
            status = run(hsm, attester, outcomes, log);
        }
        String output = Files.readString(log);
        assertEquals(0, status, output);
        List<String> lines = Files.readAllLines(outcomes);
        assertEquals("end", lines.getLast(), output);
        List<DynamicTest> tests = new ArrayList<>();
        for (String line : lines.subList(0, lines.size() - 1)) {
            int tab = line.indexOf('\t');
            String failure = new String(Base64.getDecoder().decode(line.substring(tab + 1)), UTF_8);
            tests.add(dynamicTest(line.substring(0, tab), () -> assertEquals("", failure)));
        }
        assertTrue(tests.size() > 50, "every check is there");
        return tests;
    }

    private int run(RunningHsm hsm, Attester attester, Path outcomes, Path log) throws Exception {
        Path hosts = Files.writeString(folder.resolve("hosts"), "127.0.0.1 " + NAME + " localhost\n");
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-ea",
                        "-Xmx512m",
                        "-XX:TieredStopAtLevel=1",
                        "-Djdk.net.hosts.file=" + hosts,
                        "-Djavax.net.ssl.trustStore=" + hsm.trustStore(),
                        "-Djavax.net.ssl.trustStorePassword=changeit",
                        "-cp",
                        System.getProperty("java.class.path"),
                        StockClient.class.getName(),
                        hsm.url(),
                        outcomes.toString(),
                        attester.issuer(),
                        new Enclave(2048).attested(attester, "sevsnpvm").text(),
                        hsm.folder().resolve("backups").toUri().toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().put("IDENTITY_ENDPOINT", hsm.value("IDENTITY_ENDPOINT"));
        builder.environment().put("IDENTITY_HEADER", hsm.value("IDENTITY_HEADER"));
        Process client = builder.start();
        try {
            assertTrue(client.waitFor(CLIENT_SECONDS_MAX, TimeUnit.SECONDS), "the client has ended");
            return client.exitValue();
        } finally {
            client.destroyForcibly();
        }
    }
}
