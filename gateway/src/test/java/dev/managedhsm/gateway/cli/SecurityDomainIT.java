// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static dev.managedhsm.gateway.cli.ServedHsm.json;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.OfflineDomain;
import dev.managedhsm.gateway.StartRefused;
import dev.managedhsm.gateway.fixture.Custodian;
import dev.managedhsm.gateway.fixture.RecoveryTool;
import dev.managedhsm.gateway.fixture.ServeFolder;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPrivateCrtKey;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Activation, sealing, recovery and change of the root key, over HTTP as stock clients ask, with custodians whose offline steps
 * are done by a tool that shares no code with the HSM.
 */
class SecurityDomainIT {
    private static final List<Custodian> CUSTODIANS = Custodian.some(3);
    private static final String DOWNLOAD = "/securitydomain/download";
    private static final String UPLOAD = "/securitydomain/upload";
    private static final String SIGNING = "{\"kty\":\"EC-HSM\",\"crv\":\"P-256\"}";

    @TempDir
    private Path temporary;

    private ServedHsm hsm;

    @BeforeEach
    void fillTheFolder() throws Exception {
        hsm = machine("one");
    }

    /** One whose root key file opens by a key file: at once, unlike by a passphrase. */
    private ServedHsm machine(String name) throws Exception {
        return new ServedHsm(new ServeFolder(Files.createDirectory(temporary.resolve(name)))
                .replace("passphrase: file:passphrase", "key_file: unlock.key"));
    }

    @AfterEach
    void end() {
        hsm.close();
    }

    @Test
    void aNewHsmAnswersItsSecurityDomainAndNothingElse() throws Exception {
        hsm.init();
        hsm.start();

        assertTrue(hsm.readyLine().endsWith("before its security domain is downloaded or uploaded"), hsm.readyLine());
        for (String path : List.of("/keys", "/keys/one", "/deletedkeys", "/keys/one/versions")) {
            HttpResponse<String> answer = hsm.get(path);
            assertEquals(503, answer.statusCode(), path);
            assertTrue(answer.body().contains("not activated"), answer.body());
        }
        for (String path : List.of("/keys/one/create", "/keys/one/sign", "/rng", "/securitydomain/rotaterootkey")) {
            assertEquals(503, hsm.post(path, SIGNING).statusCode(), path);
        }
        assertEquals(
                503,
                hsm.get("/providers/Microsoft.Authorization/roleDefinitions").statusCode());
        assertEquals(
                401, hsm.send(hsm.request("/keys").GET()).statusCode(), "nobody learns the condition without a token");
        assertEquals(401, hsm.send(hsm.request(UPLOAD).GET()).statusCode());
        assertEquals(200, hsm.get(UPLOAD).statusCode());
        assertEquals("Failed", json(hsm.get(UPLOAD + "/pending"), 200).getString("status"), "nothing was begun");
    }

    @Test
    void theFirstDownloadActivatesAndALaterOneProtectsAnew() throws Exception {
        hsm.init();
        hsm.start();

        HttpResponse<String> answer =
                hsm.post(DOWNLOAD, Custodian.download(CUSTODIANS, 2).encode());
        JsonObject domain = new JsonObject(json(answer, 202).getString("value"));
        String poll = answer.headers().firstValue("azure-asyncoperation").orElse("none");
        assertEquals("https://" + ServeFolder.HOST + ":" + hsm.folder.dataPort() + DOWNLOAD + "/pending", poll);
        assertTrue(answer.headers().firstValue("retry-after").isPresent());
        HttpResponse<String> bare =
                hsm.send(hsm.authorised("", DOWNLOAD + "/pending").GET());
        assertEquals("Success", json(bare, 200).getString("status"), "also without api-version");
        assertEquals(2, domain.getJsonObject("SharedKeys").getInteger("required"));
        assertEquals(
                3, domain.getJsonObject("SharedKeys").getJsonArray("enc_shares").size());
        String kid = hsm.create("first");

        JsonObject again = json(
                hsm.post(
                        DOWNLOAD,
                        Custodian.download(CUSTODIANS.subList(1, 3), 2).encode()),
                202);
        assertFalse(again.getString("value").equals(domain.encode()));
        HttpResponse<String> late = hsm.post(UPLOAD, "{\"value\":\"x\"}");
        assertEquals(409, late.statusCode(), late.body());
        assertEquals(409, hsm.get(UPLOAD).statusCode());

        hsm.close();
        hsm.start(); // the local sealing file opens it
        assertEquals(kid, hsm.kid("first"));
    }

    @Test
    void refusesBadDownloads() throws Exception {
        hsm.init();
        hsm.start();
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
        assertEquals(503, hsm.get("/keys").statusCode(), "none of this activated it");
    }

    private void refused(String why, JsonObject body) throws Exception {
        HttpResponse<String> answer = hsm.post(DOWNLOAD, body.encode());
        assertEquals(400, answer.statusCode(), answer.body());
        assertTrue(answer.body().contains(why), answer.body());
    }

    @Test
    void anotherMachineBecomesTheSameHsm() throws Exception {
        hsm.init();
        hsm.start();
        String domain = json(
                        hsm.post(DOWNLOAD, Custodian.download(CUSTODIANS, 2).encode()), 202)
                .getString("value");
        hsm.create("first");
        String backup = json(hsm.post("/keys/first/backup", ""), 200).getString("value");
        hsm.close();
        hsm = machine("two");
        hsm.init();
        hsm.start();

        X509Certificate exchange = RecoveryTool.exchange(json(hsm.get(UPLOAD), 200));
        assertTrue(json(hsm.get(UPLOAD), 200).getValue("transfer_key") instanceof JsonObject, "an object since 7.6");
        JsonObject older =
                json(hsm.send(hsm.authorised("?api-version=7.5", UPLOAD).GET()), 200);
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
                hsm.post(UPLOAD, new JsonObject().put("value", blob).encode());
        assertEquals("InProgress", json(accepted, 202).getString("status"), accepted.body());
        hsm.awaitUploaded();

        assertEquals(200, hsm.get("/keys").statusCode());
        HttpResponse<String> restored =
                hsm.post("/keys/restore", new JsonObject().put("value", backup).encode());
        assertEquals(200, restored.statusCode(), restored.body());
        hsm.close();
        hsm.start(); // its own sealing file holds the new root key
        assertNotNull(hsm.kid("first"));
    }

    private void notUploaded(String why, String blob) throws Exception {
        HttpResponse<String> answer =
                hsm.post(UPLOAD, new JsonObject().put("value", blob).encode());
        assertEquals(400, answer.statusCode(), answer.body());
        assertTrue(answer.body().contains(why), answer.body());
    }

    @Test
    void withoutItsSealingFileItIsSealedUntilAQuorumComes() throws Exception {
        hsm.init();
        hsm.start();
        String domain = json(
                        hsm.post(DOWNLOAD, Custodian.download(CUSTODIANS, 2).encode()), 202)
                .getString("value");
        String kid = hsm.create("first");
        hsm.close();
        Files.delete(hsm.folder.at("data/root.key"));
        hsm.start();

        assertTrue(hsm.readyLine().endsWith("before a quorum of custodians opens it"), hsm.readyLine());
        HttpResponse<String> sealed = hsm.get("/keys");
        assertEquals(503, sealed.statusCode());
        assertTrue(sealed.body().contains("sealed"), sealed.body());
        assertEquals(
                503,
                hsm.post(DOWNLOAD, Custodian.download(CUSTODIANS, 2).encode()).statusCode());
        X509Certificate exchange = RecoveryTool.exchange(json(hsm.get(UPLOAD), 200));
        notUploaded("another HSM's", RecoveryTool.blob(domainOfAnother(), CUSTODIANS.subList(0, 2), exchange));
        String blob = RecoveryTool.blob(domain, CUSTODIANS.subList(0, 2), exchange);
        assertEquals(
                202,
                hsm.post(UPLOAD, new JsonObject().put("value", blob).encode()).statusCode());
        hsm.awaitUploaded();

        assertEquals(kid, hsm.kid("first"));
        hsm.close();
        assertTrue(Files.exists(hsm.folder.at("data/root.key")), "made again under the same lock");
        hsm.start();
        assertEquals(kid, hsm.kid("first"));
    }

    private String domainOfAnother() throws Exception {
        ServedHsm other = machine("other");
        other.init();
        return other.activate(CUSTODIANS, 2);
    }

    @Test
    void aRootKeyThatOnlyCustodiansKeepIsNowhereOnTheDisk() throws Exception {
        hsm.folder.replace("key_file: unlock.key", "custodians_only: true");
        hsm.init();
        hsm.start();
        String domain = json(
                        hsm.post(DOWNLOAD, Custodian.download(CUSTODIANS, 3).encode()), 202)
                .getString("value");
        String kid = hsm.create("first");
        hsm.close();
        assertFalse(Files.exists(hsm.folder.at("data/root.key")));
        hsm.start();
        assertEquals(503, hsm.get("/keys").statusCode());

        X509Certificate exchange = RecoveryTool.exchange(json(hsm.get(UPLOAD), 200));
        List<OfflineDomain.Party> parties = CUSTODIANS.stream()
                .map(one -> new OfflineDomain.Party(
                        one.certificate(), (RSAPrivateCrtKey) one.keys().getPrivate()))
                .toList();
        String blob = OfflineDomain.recover(domain, parties, exchange); // our own tool this time
        assertEquals(
                202,
                hsm.post(UPLOAD, new JsonObject().put("value", blob).encode()).statusCode());
        hsm.awaitUploaded();

        assertEquals(kid, hsm.kid("first"));
    }

    @Test
    void theRootKeyChangesWhileOperationsGoOn() throws Exception {
        hsm.init();
        hsm.start();
        String first = json(hsm.post(DOWNLOAD, Custodian.download(CUSTODIANS, 2).encode()), 202)
                .getString("value");
        String kid = hsm.create("first");
        String backup = json(hsm.post("/keys/first/backup", ""), 200).getString("value");
        byte[] before = Files.readAllBytes(hsm.folder.at("data/root.key"));
        Signing signing = new Signing(kid);
        Thread signer = Thread.ofPlatform().start(signing);

        JsonObject rotated = json(hsm.post("/securitydomain/rotaterootkey", ""), 200);

        signing.stop = true;
        signer.join();
        assertEquals(0, signing.failed, "operations that failed, of " + signing.done);
        assertTrue(signing.done > 0);
        assertTrue(rotated.getLong("records") > 5, rotated.encode());
        assertFalse(Arrays.equals(before, Files.readAllBytes(hsm.folder.at("data/root.key"))));
        hsm.create("second");
        assertEquals(
                200,
                hsm.post("/keys/first/sign", "{\"alg\":\"ES256\",\"value\":\"" + "A".repeat(43) + "\"}")
                        .statusCode());
        hsm.close();
        hsm.start();
        assertEquals(kid, hsm.kid("first"));
        assertNotNull(hsm.kid("second"));
        // A backup from before opens still; the domain from before does not open this store.
        assertEquals(200, hsm.delete("/keys/first").statusCode());
        assertEquals(204, hsm.delete("/deletedkeys/first").statusCode());
        assertEquals(
                200,
                hsm.post("/keys/restore", new JsonObject().put("value", backup).encode())
                        .statusCode());
        String second = json(
                        hsm.post(DOWNLOAD, Custodian.download(CUSTODIANS, 2).encode()), 202)
                .getString("value");
        hsm.close();
        Files.delete(hsm.folder.at("data/root.key"));
        hsm.start();
        X509Certificate exchange = RecoveryTool.exchange(json(hsm.get(UPLOAD), 200));
        notUploaded("before the root key was rotated", RecoveryTool.blob(first, CUSTODIANS.subList(0, 2), exchange));
        String blob = RecoveryTool.blob(second, CUSTODIANS.subList(0, 2), exchange);
        assertEquals(
                202,
                hsm.post(UPLOAD, new JsonObject().put("value", blob).encode()).statusCode());
        hsm.awaitUploaded();
        assertEquals(kid, hsm.kid("first"));
    }

    @Test
    void aStartFindsOutWhichRootKeyCounts() throws Exception {
        hsm.init();
        hsm.activate(CUSTODIANS, 2);
        hsm.start();
        String kid = hsm.create("first");
        Path file = hsm.folder.at("data/root.key");
        Path next = hsm.folder.at("data/root.key.next");
        byte[] old = Files.readAllBytes(file);
        byte[] witness = Files.readAllBytes(hsm.folder.at("data/witness"));
        assertEquals(200, hsm.post("/securitydomain/rotaterootkey", "").statusCode());
        hsm.close();

        // As if the power had gone after the commit, before the new key took its place and before the witness followed.
        Files.write(hsm.folder.at("data/witness"), witness);
        Files.move(file, next);
        Files.write(file, old);
        Files.setPosixFilePermissions(file, Files.getPosixFilePermissions(next));
        hsm.start();
        assertEquals(kid, hsm.kid("first"));
        assertFalse(Files.exists(next));
        hsm.close();

        // As if it had gone before the commit: the key beside is one that the store never took.
        byte[] current = Files.readAllBytes(file);
        Files.write(next, old);
        Files.setPosixFilePermissions(next, Files.getPosixFilePermissions(file));
        hsm.start();
        assertEquals(kid, hsm.kid("first"));
        hsm.close();
        assertFalse(Files.exists(next));
        assertArrayEquals(current, Files.readAllBytes(file));

        Files.write(file, old);
        StartRefused refused = assertThrows(StartRefused.class, hsm::start);
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
                    int status = hsm.post(path, "{\"alg\":\"ES256\",\"value\":\"" + "A".repeat(43) + "\"}")
                            .statusCode();
                    failed += status == 200 ? 0 : 1;
                } catch (Exception e) {
                    failed++;
                }
                done++;
            }
        }
    }
}
