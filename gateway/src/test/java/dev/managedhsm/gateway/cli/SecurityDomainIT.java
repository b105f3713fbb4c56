// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.OfflineDomain;
import dev.managedhsm.gateway.StartRefused;
import dev.managedhsm.gateway.config.ConfigFile;
import dev.managedhsm.gateway.config.ServeConfig;
import dev.managedhsm.gateway.fixture.Custodian;
import dev.managedhsm.gateway.fixture.RecoveryTool;
import dev.managedhsm.gateway.fixture.ServeFolder;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPrivateCrtKey;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Activation, sealing, recovery and change of the root key, over HTTP as stock clients ask, with custodians whose offline steps
 * are done by a tool that shares no code with the HSM.
 */
class SecurityDomainIT {
    private static final List<Custodian> CUSTODIANS = Custodian.make(3, 2048);
    private static final String DOWNLOAD = "/securitydomain/download";
    private static final String UPLOAD = "/securitydomain/upload";
    private static final String SIGNING = "{\"kty\":\"EC-HSM\",\"crv\":\"P-256\"}";

    @TempDir
    private Path temporary;

    private ServeFolder folder;
    private @Nullable ServingHsm running;
    private @Nullable HttpClient client;
    private volatile @Nullable String token;

    @BeforeEach
    void fillTheFolder() throws Exception {
        folder = new ServeFolder(Files.createDirectory(temporary.resolve("one")));
    }

    @AfterEach
    void end() {
        if (client != null) {
            client.close();
            client = null;
        }
        if (running != null) {
            running.close();
            running = null;
        }
    }

    @Test
    void aNewHsmAnswersItsSecurityDomainAndNothingElse() throws Exception {
        init();
        start();

        for (String path : List.of("/keys", "/keys/one", "/deletedkeys", "/keys/one/versions")) {
            HttpResponse<String> answer = get(path);
            assertEquals(503, answer.statusCode(), path);
            assertTrue(answer.body().contains("not activated"), answer.body());
        }
        for (String path : List.of("/keys/one/create", "/keys/one/sign", "/rng", "/securitydomain/rotaterootkey")) {
            assertEquals(503, post(path, SIGNING).statusCode(), path);
        }
        assertEquals(
                503, get("/providers/Microsoft.Authorization/roleDefinitions").statusCode());
        assertEquals(401, send(request("/keys").GET()).statusCode(), "nobody learns the condition without a token");
        assertEquals(401, send(request(UPLOAD).GET()).statusCode());
        assertEquals(200, get(UPLOAD).statusCode());
        assertEquals("Failed", json(get(UPLOAD + "/pending"), 200).getString("status"), "nothing was begun");
    }

    @Test
    void theFirstDownloadActivatesAndALaterOneProtectsAnew() throws Exception {
        init();
        start();

        HttpResponse<String> answer =
                post(DOWNLOAD, Custodian.download(CUSTODIANS, 2).encode());
        JsonObject domain = new JsonObject(json(answer, 202).getString("value"));
        String poll = answer.headers().firstValue("azure-asyncoperation").orElse("none");
        assertEquals("https://" + ServeFolder.HOST + ":" + folder.dataPort() + DOWNLOAD + "/pending", poll);
        assertTrue(answer.headers().firstValue("retry-after").isPresent());
        HttpResponse<String> bare = send(authorised("", DOWNLOAD + "/pending").GET());
        assertEquals("Success", json(bare, 200).getString("status"), "also without api-version");
        assertEquals(2, domain.getJsonObject("SharedKeys").getInteger("required"));
        assertEquals(
                3, domain.getJsonObject("SharedKeys").getJsonArray("enc_shares").size());
        String kid = create("first");

        JsonObject again = json(
                post(DOWNLOAD, Custodian.download(CUSTODIANS.subList(1, 3), 2).encode()), 202);
        assertFalse(again.getString("value").equals(domain.encode()));
        HttpResponse<String> late = post(UPLOAD, "{\"value\":\"x\"}");
        assertEquals(409, late.statusCode(), late.body());
        assertEquals(409, get(UPLOAD).statusCode());

        end();
        start(); // the local sealing file opens it
        assertEquals(kid, kid("first"));
    }

    @Test
    void refusesBadDownloads() throws Exception {
        init();
        start();
        KeyPairGenerator small = KeyPairGenerator.getInstance("RSA");
        small.initialize(1024);
        Custodian weak = Custodian.of(small.generateKeyPair());
        KeyPair shared = CUSTODIANS.getFirst().keys();

        refused("2 to 10 certificates", Custodian.download(CUSTODIANS.subList(0, 1), 2));
        refused("2 to 10 certificates", Custodian.download(Collections.nCopies(11, CUSTODIANS.getFirst()), 2));
        refused("'required' must be", Custodian.download(CUSTODIANS, 4));
        refused("'required' must be", Custodian.download(CUSTODIANS, 1));
        refused("too weak", Custodian.download(List.of(CUSTODIANS.getFirst(), weak), 2));
        refused("same key", Custodian.download(List.of(CUSTODIANS.getFirst(), CUSTODIANS.getFirst()), 2));
        refused("same key", Custodian.download(List.of(CUSTODIANS.getFirst(), Custodian.of(shared)), 2));
        JsonObject good = CUSTODIANS.getFirst().jwk();
        for (Object[] change : new Object[][] {
            {"kty", "EC", "'kty' must be RSA"},
            {"use", "sig", "'use' must be enc"},
            {"alg", "RSA1_5", "'alg' must be"},
            {"n", CUSTODIANS.get(1).jwk().getString("n"), "'n' is not that"},
            {"e", "Aw", "'e' is not that"},
            {"x5t#S256", CUSTODIANS.get(1).thumbprint(), "'x5t#S256' is not the thumbprint"},
            {"x5c", new JsonArray(), "'x5c' must begin"},
            {"x5c", new JsonArray().add("!!!"), "'x5c' must begin"},
            {"x5c", new JsonArray().add("AAAA"), "is not an X.509 certificate"},
            {"key_ops", "verify", "'key_ops' is not an array"}
        }) {
            JsonArray certificates = new JsonArray()
                    .add(good.copy().put((String) change[0], change[1]))
                    .add(CUSTODIANS.get(1).jwk());
            refused(
                    (String) change[2],
                    new JsonObject().put("certificates", certificates).put("required", 2));
        }
        assertEquals(503, get("/keys").statusCode(), "none of this activated it");
    }

    private void refused(String why, JsonObject body) throws Exception {
        HttpResponse<String> answer = post(DOWNLOAD, body.encode());
        assertEquals(400, answer.statusCode(), answer.body());
        assertTrue(answer.body().contains(why), answer.body());
    }

    @Test
    void anotherMachineBecomesTheSameHsm() throws Exception {
        init();
        start();
        String domain = json(post(DOWNLOAD, Custodian.download(CUSTODIANS, 2).encode()), 202)
                .getString("value");
        create("first");
        String backup = json(post("/keys/first/backup", ""), 200).getString("value");
        end();
        folder = new ServeFolder(Files.createDirectory(temporary.resolve("two")));
        init();
        start();

        X509Certificate exchange = RecoveryTool.exchange(json(get(UPLOAD), 200));
        assertTrue(json(get(UPLOAD), 200).getValue("transfer_key") instanceof JsonObject, "an object since 7.6");
        JsonObject older = json(send(authorised("?api-version=7.5", UPLOAD).GET()), 200);
        assertEquals(exchange, RecoveryTool.exchange(older), "the same key, as text for older clients");
        assertTrue(older.getValue("transfer_key") instanceof String);
        Custodian stranger = Custodian.make(2048);
        String forStranger = RecoveryTool.blob(domain, CUSTODIANS.subList(0, 2), stranger.certificate());
        notUploaded("another transfer key", forStranger);
        notUploaded("is not a JSON object", "{");
        String blob = RecoveryTool.blob(domain, List.of(CUSTODIANS.get(2), CUSTODIANS.get(0)), exchange);
        notUploaded("", blob.replaceFirst("\"enc_key\":\"....", "\"enc_key\":\"AAAA"));
        assertThrows(
                GeneralSecurityException.class,
                () -> RecoveryTool.blob(domain, CUSTODIANS.subList(1, 2), exchange),
                "one custodian opens nothing");

        HttpResponse<String> accepted =
                post(UPLOAD, new JsonObject().put("value", blob).encode());
        assertEquals("InProgress", json(accepted, 202).getString("status"), accepted.body());
        awaitUploaded();

        assertEquals(200, get("/keys").statusCode());
        HttpResponse<String> restored =
                post("/keys/restore", new JsonObject().put("value", backup).encode());
        assertEquals(200, restored.statusCode(), restored.body());
        end();
        start(); // its own sealing file holds the new root key
        assertNotNull(kid("first"));
    }

    private void notUploaded(String why, String blob) throws Exception {
        HttpResponse<String> answer =
                post(UPLOAD, new JsonObject().put("value", blob).encode());
        assertEquals(400, answer.statusCode(), answer.body());
        assertTrue(answer.body().contains(why), answer.body());
    }

    @Test
    void withoutItsSealingFileItIsSealedUntilAQuorumComes() throws Exception {
        init();
        start();
        String domain = json(post(DOWNLOAD, Custodian.download(CUSTODIANS, 2).encode()), 202)
                .getString("value");
        String kid = create("first");
        end();
        Files.delete(folder.at("data/root.key"));
        start();

        HttpResponse<String> sealed = get("/keys");
        assertEquals(503, sealed.statusCode());
        assertTrue(sealed.body().contains("sealed"), sealed.body());
        assertEquals(
                503, post(DOWNLOAD, Custodian.download(CUSTODIANS, 2).encode()).statusCode());
        X509Certificate exchange = RecoveryTool.exchange(json(get(UPLOAD), 200));
        notUploaded("another HSM's", RecoveryTool.blob(domainOfAnother(), CUSTODIANS.subList(0, 2), exchange));
        String blob = RecoveryTool.blob(domain, CUSTODIANS.subList(0, 2), exchange);
        assertEquals(
                202, post(UPLOAD, new JsonObject().put("value", blob).encode()).statusCode());
        awaitUploaded();

        assertEquals(kid, kid("first"));
        end();
        assertTrue(Files.exists(folder.at("data/root.key")), "made again under the same passphrase");
        start();
        assertEquals(kid, kid("first"));
    }

    private String domainOfAnother() throws Exception {
        ServeFolder other = new ServeFolder(Files.createDirectory(temporary.resolve("other")));
        ServeConfig config =
                ConfigFile.readForInit(other.config(), Map.of(), Instant.now()).config();
        assertNotNull(config);
        new NewHsm(config).make();
        return OfflineDomain.download(
                config.gateway(),
                CUSTODIANS.stream().map(Custodian::certificate).toList(),
                2);
    }

    @Test
    void aRootKeyThatOnlyCustodiansKeepIsNowhereOnTheDisk() throws Exception {
        folder.replace("passphrase: file:passphrase", "custodians_only: true");
        init();
        start();
        String domain = json(post(DOWNLOAD, Custodian.download(CUSTODIANS, 3).encode()), 202)
                .getString("value");
        String kid = create("first");
        end();
        assertFalse(Files.exists(folder.at("data/root.key")));
        start();
        assertEquals(503, get("/keys").statusCode());

        X509Certificate exchange = RecoveryTool.exchange(json(get(UPLOAD), 200));
        List<OfflineDomain.Party> parties = CUSTODIANS.stream()
                .map(one -> new OfflineDomain.Party(
                        one.certificate(), (RSAPrivateCrtKey) one.keys().getPrivate()))
                .toList();
        String blob = OfflineDomain.recover(domain, parties, exchange); // our own tool this time
        assertEquals(
                202, post(UPLOAD, new JsonObject().put("value", blob).encode()).statusCode());
        awaitUploaded();

        assertEquals(kid, kid("first"));
    }

    @Test
    void theRootKeyChangesWhileOperationsGoOn() throws Exception {
        init();
        start();
        String first = json(post(DOWNLOAD, Custodian.download(CUSTODIANS, 2).encode()), 202)
                .getString("value");
        String kid = create("first");
        String backup = json(post("/keys/first/backup", ""), 200).getString("value");
        byte[] before = Files.readAllBytes(folder.at("data/root.key"));
        Signing signing = new Signing(kid);
        Thread signer = Thread.ofPlatform().start(signing);

        JsonObject rotated = json(post("/securitydomain/rotaterootkey", ""), 200);

        signing.stop = true;
        signer.join();
        assertEquals(0, signing.failed, "operations that failed, of " + signing.done);
        assertTrue(signing.done > 0);
        assertTrue(rotated.getLong("records") > 5, rotated.encode());
        assertFalse(Arrays.equals(before, Files.readAllBytes(folder.at("data/root.key"))));
        create("second");
        assertEquals(
                200,
                post("/keys/first/sign", "{\"alg\":\"ES256\",\"value\":\"" + "A".repeat(43) + "\"}")
                        .statusCode());
        end();
        start();
        assertEquals(kid, kid("first"));
        assertNotNull(kid("second"));
        // A backup from before opens still; the domain from before does not open this store.
        assertEquals(
                200,
                send(authorised("?api-version=7.6", "/keys/first").DELETE()).statusCode());
        assertEquals(
                204,
                send(authorised("?api-version=7.6", "/deletedkeys/first").DELETE())
                        .statusCode());
        assertEquals(
                200,
                post("/keys/restore", new JsonObject().put("value", backup).encode())
                        .statusCode());
        String second = json(post(DOWNLOAD, Custodian.download(CUSTODIANS, 2).encode()), 202)
                .getString("value");
        end();
        Files.delete(folder.at("data/root.key"));
        start();
        X509Certificate exchange = RecoveryTool.exchange(json(get(UPLOAD), 200));
        notUploaded("before the root key was rotated", RecoveryTool.blob(first, CUSTODIANS.subList(0, 2), exchange));
        String blob = RecoveryTool.blob(second, CUSTODIANS.subList(0, 2), exchange);
        assertEquals(
                202, post(UPLOAD, new JsonObject().put("value", blob).encode()).statusCode());
        awaitUploaded();
        assertEquals(kid, kid("first"));
    }

    @Test
    void aStartFindsOutWhichRootKeyCounts() throws Exception {
        init();
        OfflineDomain.download(
                config().gateway(),
                CUSTODIANS.stream().map(Custodian::certificate).toList(),
                2);
        start();
        String kid = create("first");
        Path file = folder.at("data/root.key");
        Path next = folder.at("data/root.key.next");
        byte[] old = Files.readAllBytes(file);
        byte[] witness = Files.readAllBytes(folder.at("data/witness"));
        assertEquals(200, post("/securitydomain/rotaterootkey", "").statusCode());
        end();

        // As if the power had gone after the commit, before the new key took its place and before the witness followed.
        Files.write(folder.at("data/witness"), witness);
        Files.move(file, next);
        Files.write(file, old);
        Files.setPosixFilePermissions(file, Files.getPosixFilePermissions(next));
        start();
        assertEquals(kid, kid("first"));
        assertFalse(Files.exists(next));
        end();

        // As if it had gone before the commit: the key beside is one that the store never took.
        byte[] current = Files.readAllBytes(file);
        Files.write(next, old);
        Files.setPosixFilePermissions(next, Files.getPosixFilePermissions(file));
        start();
        assertEquals(kid, kid("first"));
        end();
        assertFalse(Files.exists(next));
        assertArrayEquals(current, Files.readAllBytes(file));

        Files.write(file, old);
        StartRefused refused = assertThrows(StartRefused.class, this::start);
        assertTrue(refused.sentence().contains("is not the one"), refused.sentence());
    }

    /** Signs without pause. */
    private final class Signing implements Runnable {
        private final String path;
        private volatile boolean stop;
        private int done;
        private int failed;

        Signing(String kid) {
            this.path = URI.create(kid).getPath() + "/sign";
        }

        @Override
        public void run() {
            while (!stop) {
                try {
                    int status = post(path, "{\"alg\":\"ES256\",\"value\":\"" + "A".repeat(43) + "\"}")
                            .statusCode();
                    failed += status == 200 ? 0 : 1;
                } catch (Exception e) {
                    failed++;
                }
                done++;
            }
        }
    }

    private void init() {
        ServeConfig config =
                ConfigFile.readForInit(folder.config(), Map.of(), Instant.now()).config();
        assertNotNull(config);
        new NewHsm(config).make();
    }

    private ServeConfig config() {
        ConfigFile read = ConfigFile.read(folder.config(), Map.of(), Instant.now());
        assertEquals(List.of(), read.faults());
        ServeConfig config = read.config();
        assertNotNull(config);
        return config;
    }

    private void start() {
        token = null;
        running = ServingHsm.start(config());
        client = HttpClient.newBuilder()
                .sslContext(folder.certificate().trust(null))
                .build();
    }

    private String create(String name) throws Exception {
        return json(post("/keys/" + name + "/create", SIGNING), 200)
                .getJsonObject("key")
                .getString("kid");
    }

    private String kid(String name) throws Exception {
        return json(get("/keys/" + name), 200).getJsonObject("key").getString("kid");
    }

    private void awaitUploaded() throws Exception {
        long deadline = System.nanoTime() + 30_000_000_000L;
        String status = "InProgress";
        while (status.equals("InProgress")) {
            assertTrue(System.nanoTime() < deadline, "not uploaded in time");
            Thread.onSpinWait();
            status = json(send(authorised("", UPLOAD + "/pending").GET()), 200).getString("status");
        }
        assertEquals("Success", status);
    }

    private static JsonObject json(HttpResponse<String> answer, int status) {
        assertEquals(status, answer.statusCode(), answer.body());
        return new JsonObject(answer.body());
    }

    private HttpResponse<String> get(String path) throws Exception {
        return send(authorised("?api-version=7.6", path).GET());
    }

    private HttpResponse<String> post(String path, String body) throws Exception {
        return send(authorised("?api-version=7.6", path)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private HttpRequest.Builder authorised(String query, String path) throws Exception {
        return HttpRequest.newBuilder(URI.create("https://localhost:" + folder.dataPort() + path + query))
                .header("authorization", "Bearer " + token());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("https://localhost:" + folder.dataPort() + path + "?api-version=7.6"));
    }

    /** One for as long as an HSM runs: the record of refused ones stays short, and the test fast. */
    private String token() throws Exception {
        String known = token;
        if (known == null) {
            known = folder.token();
            token = known;
        }
        return known;
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        HttpClient http = client;
        assertNotNull(http);
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
