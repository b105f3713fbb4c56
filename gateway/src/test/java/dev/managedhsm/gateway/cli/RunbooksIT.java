// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.OfflineDomain;
import dev.managedhsm.gateway.config.ConfigFile;
import dev.managedhsm.gateway.config.ServeConfig;
import dev.managedhsm.gateway.fixture.Custodian;
import dev.managedhsm.gateway.fixture.ServeFolder;
import dev.managedhsm.gateway.fixture.TestCertificate;
import dev.managedhsm.gateway.operator.Page;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Follows pages of the runbooks from its first command to its last, on an HSM in the state in which the page begins,
 * and holds what the commands print against what the page says.
 */
@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RunbooksIT {
    private static final String MARK = "@@ step ended with ";
    private static final String SOMEBODY = "c3e9a8d4-6f21-4b7e-8d5a-0b1c2d3e4f57";
    private static final String ASSIGNMENT = UUID.randomUUID().toString();
    private static final List<String> CUSTODIANS = List.of("alice", "bob", "carol");

    /** Measures that the test's own process and machine do not take; all others must hold where a page says so. */
    private static final String OF_THE_PROCESS = "core-limit|coredump-filter|not-dumpable|swap|attach-off|locked-memory"
            + "|freed-memory|all-secrets-locked|disk-.*";

    /** What a page does that leaves the HSM another one; a page without it leaves it to the next. */
    private static final Pattern CHANGES =
            Pattern.compile("systemctl (start|stop|restart)|call (POST|PUT|DELETE)|accept");

    /** Of the pages that change something, those that are followed each time; all others with -Drunbooks.all=true. */
    private static final Set<String> USUAL = Set.of("sealed.md", "restore.md", "store-put-back.md", "not-activated.md");

    private static final String KEY_FILE = "key_file: unlock.key";

    /** Azure's role Managed HSM Crypto User, and ours of who sees refused tokens. */
    private static final String CRYPTO_USER = "21dbd100-6940-42c2-9190-5d6cb909625b";

    private static final String SECURITY_READER = "6f1d3c52-4f0e-4c39-9d7a-2b7c1f6a90e4";

    private Path temporary;

    private Path now;
    private Path before;
    private ServeFolder folder;
    private RunbookMachine machine;

    /** Whether a running HSM is there that nobody has changed. */
    private boolean fresh;

    @BeforeAll
    void makeAnHsmThatIsUsed(@TempDir Path folderOfTheTest) throws Exception {
        temporary = folderOfTheTest.toRealPath();
        now = Files.createDirectory(temporary.resolve("now"));
        before = temporary.resolve("before");
        folder = new ServeFolder(now).replace("passphrase: file:passphrase", KEY_FILE); // which opens at once
        Files.createDirectories(now.resolve("witness"));
        Files.createDirectories(now.resolve("backups"));
        Path work = Files.createDirectories(now.resolve("work"));
        folder.append("witness: " + now.resolve("witness/hsm1") + "\n");
        folder.append("backups: {folders: [" + now.resolve("backups") + "]}\n");
        machine = new RunbookMachine(Files.createDirectory(temporary.resolve("machine")), folder.config());
        make();
        List<Custodian> custodians = Custodian.some(CUSTODIANS.size());
        for (int i = 0; i < CUSTODIANS.size(); i++) {
            Files.writeString(
                    work.resolve(CUSTODIANS.get(i) + ".key"),
                    Pem.privateKey(custodians.get(i).keys().getPrivate()));
            Files.writeString(
                    work.resolve(CUSTODIANS.get(i) + ".cer"),
                    Pem.certificate(custodians.get(i).certificate()));
        }
        Files.writeString(
                work.resolve("domain.json"),
                OfflineDomain.download(
                        config().gateway(),
                        custodians.stream().map(Custodian::certificate).toList(),
                        2));
        TestCertificate next = TestCertificate.ec(ServeFolder.HOST);
        next.writeChain(work.resolve("new-chain.pem"));
        next.writeKey(work.resolve("new-server.key"));
        use();
        machine.reset();
        copy(now, before);
    }

    @AfterAll
    void end() {
        if (machine != null) {
            machine.close();
        }
    }

    @TestFactory
    Stream<DynamicTest> pagesDoWhatTheySay() throws IOException {
        // Those that only look share one HSM.
        boolean all = Boolean.getBoolean("runbooks.all");
        return Page.all().stream()
                .filter(page -> all || !changes(page) || USUAL.contains(page.name()))
                .sorted(Comparator.comparing(RunbooksIT::changes))
                .map(page -> DynamicTest.dynamicTest(page.name(), () -> follow(page)));
    }

    private static boolean changes(Page page) {
        return !page.begins().equals("running")
                || page.steps().stream()
                        .anyMatch(step -> CHANGES.matcher(step.commands()).find());
    }

    private void follow(Page page) throws Exception {
        if (fresh) {
            machine.mustStart();
        } else {
            machine.reset();
            clear(now);
            copy(before, now);
            begin(page.begins());
        }
        fresh = !changes(page);
        StringBuilder script = new StringBuilder(". '" + Page.FOLDER + "/env.sh'\nset -o pipefail\n");
        for (Page.Step step : page.steps()) {
            script.append("{\n")
                    .append(step.commands())
                    .append("} 2>&1\necho \"\n")
                    .append(MARK)
                    .append("$?\"\n");
        }
        String output = machine.bash(now, script.toString(), environment());
        String[] parts = output.split("\n" + MARK, -1);
        for (int i = 0; i < page.steps().size(); i++) {
            Page.Step step = page.steps().get(i);
            String where = page.name() + ", step " + (i + 1) + ":\n" + step.commands();
            assertTrue(parts.length > i + 1, () -> where + "was not reached:\n" + output);
            String printed = i == 0 ? parts[0] : parts[i].substring(parts[i].indexOf('\n') + 1);
            String status = parts[i + 1].substring(0, parts[i + 1].indexOf('\n'));
            assertEquals("0", status, () -> where + printed + "\n" + machine.saidUntilNow());
            assertTrue(
                    step.prints(printed),
                    () -> where + "printed:\n" + printed + "\nwhere the page says:\n" + step.expected());
        }
    }

    private void begin(String state) throws Exception {
        switch (state) {
            case "running" -> machine.mustStart();
            case "stopped" -> {}
            case "sealed" -> {
                String text = Files.readString(folder.config());
                Files.writeString(folder.config(), text.replace(KEY_FILE, "custodians_only: true"));
                machine.mustStart();
            }
            case "provisioned" -> {
                clear(now.resolve("data"));
                clear(now.resolve("witness"));
                Files.delete(now.resolve("unlock.key"));
                make();
                machine.mustStart();
            }
            case "rotated" -> {
                machine.mustStart();
                prepare("call POST /securitydomain/rotaterootkey");
            }
            case "witness lost" -> {
                machine.mustStart();
                Files.move(now.resolve("witness"), now.resolve("witness.away"));
            }
            case "put back" -> putBack();
            default -> throw new IllegalStateException("no such state: " + state);
        }
    }

    private void putBack() throws Exception {
        Path snapshot = temporary.resolve("snapshot");
        clear(snapshot);
        copy(now.resolve("data"), snapshot);
        machine.mustStart();
        prepare("call DELETE /keys/payments");
        machine.reset();
        clear(now.resolve("data"));
        copy(snapshot, now.resolve("data"));
    }

    /** Keys, roles, a refused token and a backup: what an HSM has that is used. */
    private void use() throws Exception {
        machine.mustStart();
        String assign = "call PUT /providers/Microsoft.Authorization/roleAssignments/%s '{\"properties\":"
                + "{\"roleDefinitionId\":\"Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/%s\","
                + "\"principalId\":\"%s\"}}'";
        prepare(String.join(
                "\n",
                "call POST /keys/signing/create '{\"kty\":\"EC-HSM\",\"crv\":\"P-256\",\"attributes\":{\"exp\":"
                        + Instant.now().plusSeconds(400_000).getEpochSecond() + "}}'",
                "call PUT /keys/signing/rotationpolicy '{\"lifetimeActions\":[{\"trigger\":{\"timeAfterCreate\":"
                        + "\"P200D\"},\"action\":{\"type\":\"Rotate\"}}],\"attributes\":{\"expiryTime\":\"P2Y\"}}'",
                "call POST /keys/payments/create '{\"kty\":\"oct-HSM\",\"key_size\":256}'",
                assign.formatted(UUID.randomUUID(), SECURITY_READER, ServeFolder.ADMINISTRATOR),
                assign.formatted(ASSIGNMENT, CRYPTO_USER, SOMEBODY),
                "TOKEN=x.y.z call GET /keys",
                "call POST /backup '{\"storageResourceUri\":\"file://'\"$BACKUPS\"'\"}' >job",
                "job=$(grep -o '\"jobId\":\"[^\"]*\"' job | cut -d '\"' -f 4)",
                "until call GET \"/backup/$job/pending\" | grep -q Succe; do sleep 0.1; done"));
    }

    private String prepare(String commands) throws IOException, InterruptedException {
        return machine.bash(now, ". '" + Page.FOLDER + "/env.sh'\n" + commands + "\n", environment());
    }

    private void make() {
        ConfigFile read = ConfigFile.readForInit(folder.config(), Map.of(), Instant.now());
        ServeConfig config = read.config();
        assertNotNull(config, read.faults().toString());
        new NewHsm(config).make();
    }

    private ServeConfig config() {
        ServeConfig config =
                ConfigFile.read(folder.config(), Map.of(), Instant.now()).config();
        assertNotNull(config);
        return config;
    }

    private Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>();
        environment.put("CONFIG", folder.config().toString());
        environment.put("DATA", now.resolve("data").toString());
        environment.put("BACKUPS", now.resolve("backups").toString());
        environment.put("WORK", now.resolve("work").toString());
        environment.put("TLS", now.toString());
        environment.put("HSM_CA", now.resolve("chain.pem").toString());
        environment.put("DATA_LISTENER", "127.0.0.1:" + folder.dataPort());
        environment.put("MANAGEMENT_LISTENER", "127.0.0.1:" + folder.managementPort());
        environment.put("IDENTITY_ENDPOINT", folder.identityEndpoint());
        environment.put("IDENTITY_HEADER", ServeFolder.HEADER);
        environment.put("KNOWN", OF_THE_PROCESS);
        environment.put("READY_SECONDS", "20");
        environment.put("WHO", SOMEBODY);
        environment.put("ASSIGNMENT", ASSIGNMENT);
        return environment;
    }

    private static void copy(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target, StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
    }

    /** Empties a folder, which stays. */
    private static void clear(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                if (!file.equals(folder)) {
                    Files.delete(file);
                }
            }
        }
    }
}
