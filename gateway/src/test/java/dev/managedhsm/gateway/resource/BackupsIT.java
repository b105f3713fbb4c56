// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.crypto.lifecycle.KeyBackups;
import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.PublicKeys;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Backup and restore of single keys over a real connection. */
@ParameterizedClass
@EnumSource(
        value = HttpClient.Version.class,
        names = {"HTTP_1_1", "HTTP_2"})
class BackupsIT {
    private static final String FOREIGN =
            "Backup blob belongs to a different crypto domain and cannot be used with this instance.";
    private static final JsonObject P256 = new JsonObject().put("kty", "EC");
    private static final byte[] MESSAGE = {1, 2, 3};

    private static RunningHsm hsm;
    private final RawClient client;
    private final String prefix;

    BackupsIT(HttpClient.Version version) {
        client = hsm.client(version);
        prefix = version == HttpClient.Version.HTTP_2 ? "two-" : "one-";
    }

    @BeforeAll
    static void startHsm() {
        hsm = RunningHsm.start();
    }

    @AfterAll
    static void endHsm() {
        RunningHsm.end(hsm);
    }

    private String backup(String name) {
        JsonObject answer = client.post("/keys/" + name + "/backup", "").ok();
        assertEquals(List.of("value"), List.copyOf(answer.fieldNames()));
        return answer.getString("value");
    }

    private Answer restore(String value) {
        return client.post("/keys/restore", new JsonObject().put("value", value));
    }

    private void destroy(String name) {
        client.delete("/keys/" + name).ok();
        assertEquals(204, client.delete("/deletedkeys/" + name).status());
    }

    private byte[] sign(String name) {
        byte[] digest = PublicKeys.digest("ES256", MESSAGE);
        String value = Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
        JsonObject signed = client.post(
                        "/keys/" + name + "/sign",
                        new JsonObject().put("alg", "ES256").put("value", value))
                .ok();
        return Base64.getUrlDecoder().decode(signed.getString("value"));
    }

    @Test
    void bringsBackAPurgedKey() {
        String name = prefix + "back";
        JsonObject body = P256.copy()
                .put("tags", new JsonObject().put("a", "b"))
                .put("attributes", new JsonObject().put("exp", 4102444800L))
                .put("key_ops", List.of("sign"));
        JsonObject first = client.create(name, body);
        JsonObject second = client.create(name, P256);
        byte[] before = sign(name);
        String value = backup(name);
        destroy(name);

        assertEquals(second, restore(value).ok());
        assertEquals(second, client.get("/keys/" + name).ok());
        String version = first.getJsonObject("key").getString("kid");
        assertEquals(
                first, client.get(version.substring(version.indexOf("/keys/"))).ok());
        var key = PublicKeys.of(second.getJsonObject("key"));
        assertTrue(PublicKeys.verified(key, "ES256", MESSAGE, before));
        assertTrue(PublicKeys.verified(key, "ES256", MESSAGE, sign(name)));
    }

    @Test
    void theTextIsACompactJwe() {
        client.create(prefix + "jwe", P256);
        String text = new String(Base64.getUrlDecoder().decode(backup(prefix + "jwe")), US_ASCII);
        assertTrue(
                text.startsWith(Base64.getUrlEncoder()
                                .withoutPadding()
                                .encodeToString(
                                        "{\"alg\":\"dir\",\"enc\":\"A256CBC-HS512\",\"kid\":\"backup-protection-key\"}"
                                                .getBytes(US_ASCII))
                        + ".."),
                text.substring(0, 120));
    }

    @Test
    void takesPaddingAndStandardBase64() {
        String name = prefix + "padded";
        client.create(name, P256);
        byte[] text = Base64.getUrlDecoder().decode(backup(name));
        destroy(name);
        restore(Base64.getEncoder().encodeToString(text)).ok();
    }

    @Test
    void takesWhatABackupOfManyVersionsGives() {
        String name = prefix + "many";
        JsonObject tags = new JsonObject();
        for (int i = 0; i < 15; i++) {
            tags.put(i + "n".repeat(250), "v".repeat(256));
        }
        JsonObject body = new JsonObject().put("kty", "oct").put("tags", tags);
        for (int i = 0; i < 100; i++) {
            client.create(name, body);
        }
        String value = backup(name);
        assertTrue(value.length() > 1_000_000, value.length() + " characters");
        JsonObject current = client.get("/keys/" + name).ok();
        destroy(name);
        assertEquals(current, restore(value).ok());
    }

    @Test
    void aKeyMayBeCalledRestore() {
        JsonObject made = client.create("restore", P256);
        assertEquals(made, client.get("/keys/restore").ok());
        String value = backup("restore");
        restore(value).refused(409, "Conflict");
        destroy("restore");
        assertEquals(made, restore(value).ok());
        destroy("restore");
    }

    @Test
    void refusesANameInUseOrSoftDeleted() {
        String name = prefix + "taken";
        client.create(name, P256);
        String value = backup(name);
        restore(value).refused(409, "Conflict");
        client.delete("/keys/" + name).ok();
        restore(value).refused(409, "Conflict");
        assertEquals("ObjectIsDeletedButRecoverable", restore(value).innerCode());
    }

    @Test
    void backsUpOnlyLivingKeys() {
        client.post("/keys/nobody/backup", "").refused(404, "KeyNotFound");
        String name = prefix + "deleted";
        client.create(name, P256);
        client.delete("/keys/" + name).ok();
        client.post("/keys/" + name + "/backup", "").refused(404, "KeyNotFound");
    }

    @Test
    void backsUpADisabledKey() {
        String name = prefix + "disabled";
        client.create(name, P256.copy().put("attributes", new JsonObject().put("enabled", false)));
        String value = backup(name);
        destroy(name);
        assertEquals(false, restore(value).ok().getJsonObject("attributes").getBoolean("enabled"));
    }

    @Test
    void refusesWhatAnotherHsmMade() {
        String value;
        try (RunningHsm other = RunningHsm.start()) {
            other.client().create("foreign", P256);
            value = other.client().post("/keys/foreign/backup", "").ok().getString("value");
        }
        assertEquals(FOREIGN, restore(value).refused(400, "MalformedBackupBlob"));
        client.get("/keys/foreign").refused(404, "KeyNotFound");
    }

    @Test
    void refusesWhatWasChanged() {
        String name = prefix + "changed";
        client.create(name, P256);
        byte[] text = Base64.getUrlDecoder().decode(backup(name));
        destroy(name);
        for (int at : new int[] {0, 3, 100, 110, 300, text.length - 1}) {
            byte[] changed = text.clone();
            changed[at] ^= 1;
            String value = Base64.getUrlEncoder().withoutPadding().encodeToString(changed);
            assertEquals(FOREIGN, restore(value).refused(400, "MalformedBackupBlob"));
        }
        client.get("/keys/" + name).refused(404, "KeyNotFound");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "A", "!!!!", "AAAA=", "AB", "AAAA AAAA", "ZXlK"})
    void refusesWhatIsNoBackup(String value) {
        assertEquals(FOREIGN, restore(value).refused(400, "MalformedBackupBlob"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{", "{}", "{\"value\":null}", "{\"value\":1}"})
    void refusesABodyThatIsNone(String body) {
        client.post("/keys/restore", body).refused(400, "BadParameter");
    }

    @Test
    void refusesAnOverlongBody() {
        String start = "{\"value\":\"";
        int room = 4 * 1024 * 1024 - start.length() - 2;
        String longest = start + "A".repeat(room) + "\"}";
        client.post("/keys/restore", longest).refused(400, "MalformedBackupBlob");
        client.post("/keys/restore", longest + " ").refused(413, "RequestBodyTooLarge");
        assertTrue(KeyBackups.TEXT_LENGTH_MAX / 3 * 4 < room, "a longest backup fits");
    }

    @Test
    void refusesALongBodyOfNobodyBeforeItHasCome() {
        byte[] body = new byte[1024 * 1024];
        client.send(client.bare("/keys/restore").POST(BodyPublishers.ofByteArray(body)))
                .refused(401, "Unauthorized");
        client.send(client.bare("/keys/restore")
                        .header("authorization", "Bearer not.a.token")
                        .POST(BodyPublishers.ofByteArray(body)))
                .refused(401, "Unauthorized");
    }

    @Test
    void otherPathsStayWithTheOrdinaryLimit() {
        String body = "{\"value\":\"" + "A".repeat(64 * 1024) + "\"}";
        client.post("/keys/restore/create", body).refused(413, "RequestBodyTooLarge");
        client.post("/keys/restored", body).refused(413, "RequestBodyTooLarge");
    }

    @Test
    void takesTheRightToDoIt() {
        String name = prefix + "rights";
        client.create(name, P256);
        String value = backup(name);
        Caller nobody = Caller.fresh(hsm);
        nobody.post("/keys/" + name + "/backup", new JsonObject()).refused(403, "AccessDenied");
        nobody.post("/keys/restore", new JsonObject().put("value", value)).refused(403, "AccessDenied");

        Caller backer = Caller.fresh(hsm);
        Caller.administrator(hsm).assign("/keys/" + name, BuiltInRoles.CRYPTO_USER.id(), backer.objectId);
        backer.post("/keys/" + name + "/backup", new JsonObject()).ok();
        String message = backer.post("/keys/restore", new JsonObject().put("value", value))
                .refused(403, "AccessDenied");
        assertTrue(message.endsWith("keys/restore/action on /keys"), message);
    }
}
