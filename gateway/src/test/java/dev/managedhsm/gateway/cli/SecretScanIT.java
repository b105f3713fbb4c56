// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.ForeignKeys;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keys whose secrets are known are brought to an HSM, used, and looked for: in its memory, in a dump of its heap and of its core,
 * in its store, in its log, and in backups. More operations with {@code -Dscan.operations=100000}.
 */
@Tag("slow")
class SecretScanIT {
    private static final int OPERATIONS = Integer.getInteger("scan.operations", 600);
    private static final Logger LOG = LoggerFactory.getLogger(SecretScanIT.class);
    private static final Path GCORE = Path.of("/usr/bin/gcore");
    private static final Pattern ADDRESS = Pattern.compile("0x([0-9a-f]{8,16})");
    private static final String DIGEST = "A".repeat(43);

    @TempDir
    private Path temporary;

    private final SecretScan scan = new SecretScan();
    private final Map<String, JsonObject> canaries = new LinkedHashMap<>();

    @Test
    void findsNoSecretOutsideWhereItMustBe() throws Exception {
        Path folder = temporary.resolve("hsm");
        Path log = temporary.resolve("log");
        makeCanaries();
        assertFalse(scan.in(canaries.toString()).isEmpty(), "the scan finds what is there");
        within(folder, log, (hsm, child) -> {
            String backups = bring(hsm.client());
            assertEquals(Map.of(), scan.in(backups), "backups");
            assertEquals(Map.of(), child.memory(), "memory after keys were brought and not used yet");
            use(hsm.client(), canaries.size());
            purge(hsm.client());
            TimeUnit.SECONDS.sleep(1); // what is promised
            assertEquals(Map.of(), child.memory(), "memory of the process that took them, after purge");
            bring(hsm.client());
        });
        // Another process, which has the keys from its store alone.
        within(folder, log, (hsm, child) -> {
            use(hsm.client(), OPERATIONS);
            inUse(child);
            purge(hsm.client());
            TimeUnit.SECONDS.sleep(1); // what is promised
            assertEquals(Map.of(), child.memory(), "memory after purge");
        });
        assertEquals(Map.of(), scan.inFiles(folder), "store and everything else in the folder");
        assertEquals(Map.of(), scan.in(Files.readString(log)), "log");
    }

    /** What is done with an HSM in a process of its own. */
    private interface Deed {
        void run(RunningHsm hsm, Looked child) throws Exception;
    }

    private void within(Path folder, Path log, Deed deed) throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder(command(folder)).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().put("GLIBC_TUNABLES", "glibc.malloc.perturb=90:glibc.malloc.tcache_count=0");
        Process process = builder.start();
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
                Writer in = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8)) {
            assertEquals("ready", says(out));
            Looked child = new Looked(process, in, out);
            assertEquals("error 0", child.ask("open"));
            try (RunningHsm hsm = RunningHsm.of(() -> {}, folder)) {
                deed.run(hsm, child);
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    /** A process that is looked at. */
    private final class Looked {
        private final Process process;
        private final Writer in;
        private final BufferedReader out;

        Looked(Process process, Writer in, BufferedReader out) {
            this.process = process;
            this.in = in;
            this.out = out;
        }

        String ask(String line) throws IOException {
            in.write(line + "\n");
            in.flush();
            return says(out);
        }

        Map<String, Integer> memory() throws IOException {
            long start = Long.MAX_VALUE;
            long end = 0;
            Matcher addresses = ADDRESS.matcher(ask("where").replaceAll("Metaspace.*", ""));
            while (addresses.find()) {
                long address = Long.parseUnsignedLong(addresses.group(1), 16);
                start = Math.min(start, address);
                end = Math.max(end, address);
            }
            assertTrue(end > start, "the heap's place is known");
            return scan.inMemory(process.pid(), start, end);
        }
    }

    private void inUse(Looked child) throws IOException, InterruptedException {
        Map<String, Integer> found = child.memory();
        // Only the crypto library's own live objects may be found: they lie in native memory.
        Map<String, Integer> elsewhere = new TreeMap<>(found);
        elsewhere.keySet().removeIf(where -> where.startsWith("native: "));
        assertEquals(Map.of(), elsewhere, "memory while the keys are in use");
        Map<String, Integer> texts = new TreeMap<>(found);
        texts.keySet().removeIf(where -> !where.contains("base64url") && !where.contains("hexadecimal"));
        assertEquals(Map.of(), texts, "no secret as text");
        Path dumps = Files.createDirectory(temporary.resolve("dumps"));
        assertEquals("dumped", child.ask("dump " + dumps.resolve("heap.hprof")));
        assertEquals(Map.of(), scan.inFiles(dumps), "heap dump");
        Files.delete(dumps.resolve("heap.hprof"));
        if (!Files.isExecutable(GCORE)) {
            LOG.warn("no core was looked at: there is no {}", GCORE);
            return;
        }
        Process gcore = new ProcessBuilder(
                        GCORE.toString(), "-o", dumps.resolve("core").toString(), Long.toString(child.process.pid()))
                .redirectErrorStream(true)
                .redirectOutput(temporary.resolve("gcore").toFile())
                .start();
        assertTrue(gcore.waitFor(120, TimeUnit.SECONDS), "a core is taken in time");
        // Taken from outside, with privileges; the process says what a core leaves out.
        try (Stream<Path> cores = Files.list(dumps)) {
            assertEquals(1, cores.count(), () -> "a core was taken: " + temporary.resolve("gcore"));
        }
        assertEquals(Map.of(), scan.inFiles(dumps), "core dump");
    }

    private void makeCanaries() {
        for (int bits : new int[] {2048, 3072, 4096}) {
            canary(
                    "canary-rsa-" + bits,
                    ForeignKeys.jwk(ForeignKeys.rsa(bits)),
                    List.of("d", "p", "q", "dp", "dq", "qi"));
        }
        for (String curve : List.of("P-256", "P-384", "P-521", "P-256K")) {
            canary(
                    "canary-" + curve.toLowerCase(Locale.ROOT),
                    ForeignKeys.jwk(ForeignKeys.pair(curve), curve),
                    List.of("d"));
        }
        SecureRandom random = new SecureRandom();
        for (int length : new int[] {16, 24, 32}) {
            byte[] key = new byte[length];
            random.nextBytes(key);
            key[0] |= 1; // as a number it has no zero byte in front
            canary(
                    "canary-oct-" + length,
                    new JsonObject().put("kty", "oct").put("k", ForeignKeys.base64(key)),
                    List.of("k"));
        }
    }

    private void canary(String name, JsonObject jwk, List<String> secrets) {
        for (String secret : secrets) {
            scan.add(name + " " + secret, ForeignKeys.bytes(jwk, secret));
        }
        canaries.put(name, jwk);
    }

    /** Brings the keys, and gives back their backups. */
    private String bring(RawClient client) {
        canaries.forEach((name, jwk) ->
                client.put("/keys/" + name, ForeignKeys.body(jwk.copy())).ok());
        return canaries.keySet().stream()
                .map(name -> client.post("/keys/" + name + "/backup", new JsonObject())
                        .ok()
                        .getString("value"))
                .map(text -> text + '\n' + new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8))
                .collect(Collectors.joining("\n"));
    }

    private void use(RawClient client, int operations) {
        List<String> names = List.copyOf(canaries.keySet());
        for (int i = 0; i < operations; i++) {
            String name = names.get(i % names.size());
            use(client, name, canaries.getOrDefault(name, new JsonObject()).getString("kty", ""), i);
        }
    }

    private static void use(RawClient client, String name, String type, int i) {
        switch (type) {
            case "RSA" -> {
                boolean signs = i % 2 == 0;
                JsonObject body = signs
                        ? new JsonObject().put("alg", "RS256").put("value", DIGEST)
                        : new JsonObject().put("alg", "RSA-OAEP-256").put("value", "AAAA");
                JsonObject done = client.post("/keys/" + name + (signs ? "/sign" : "/encrypt"), body)
                        .ok();
                if (!signs) {
                    body.put("value", done.getString("value"));
                    client.post("/keys/" + name + "/decrypt", body).ok();
                }
            }
            case "EC" -> {
                String algorithm = switch (name) {
                    case "canary-p-384" -> "ES384";
                    case "canary-p-521" -> "ES512";
                    case "canary-p-256k" -> "ES256K";
                    default -> "ES256";
                };
                int length = algorithm.equals("ES384") ? 64 : algorithm.equals("ES512") ? 86 : 43;
                JsonObject body = new JsonObject().put("alg", algorithm).put("value", "A".repeat(length));
                client.post("/keys/" + name + "/sign", body).ok();
            }
            default -> {
                String bits = switch (name) {
                    case "canary-oct-16" -> "128";
                    case "canary-oct-24" -> "192";
                    default -> "256";
                };
                JsonObject body = new JsonObject().put("alg", "A" + bits + "KW").put("value", "A".repeat(43));
                client.post("/keys/" + name + "/wrapkey", body).ok();
            }
        }
    }

    private void purge(RawClient client) {
        for (String name : canaries.keySet()) {
            client.delete("/keys/" + name).ok();
            assertEquals(204, client.delete("/deletedkeys/" + name).status());
        }
    }

    private static String says(BufferedReader out) throws IOException {
        String line = out.readLine();
        while (line != null && !line.startsWith("> ")) {
            line = out.readLine();
        }
        return line == null ? "nothing" : line.substring(2);
    }

    private static List<String> command(Path folder) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms160m",
                "-Xmx160m",
                "-XX:+UseSerialGC", // says where its heap is
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                HsmUnderScan.class.getName(),
                folder.toString());
    }
}
