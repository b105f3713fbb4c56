// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.auth.role.DataAction;
import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.Attester;
import dev.managedhsm.gateway.fixture.Enclave;
import dev.managedhsm.gateway.fixture.ForeignKeys;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * One request for each thing that a data action lets somebody do, at each scope at which it can be asked. They are about
 * one key, which the administrator keeps as it was.
 */
final class RoleProbes {
    /** The key they are about. */
    static final Scope KEY = Scope.key("subject");

    private static final String PATH = "/keys/subject";
    private static final String DELETED = "/deletedkeys/subject";
    private static final String KIND = "sevsnpvm";
    private static final String NOBODY = "11111111-2222-3333-4444-555555555555";
    private static final JsonObject EMPTY = new JsonObject();
    private static final JsonObject P256 = new JsonObject().put("kty", "EC-HSM");
    private static final String DIGEST = "A".repeat(43); // 32 zero bytes

    private final RunningHsm hsm;
    private final Caller admin;
    private final Attester attester;
    private final Enclave enclave = new Enclave(2048);
    private final List<Probe> probes = new ArrayList<>();
    private final String version;
    private final String backup;

    /**
     * A request, and what makes it one that succeeds for whoever may send it.
     *
     * @param action what it takes
     * @param target where
     * @param text what it is, for the reader of a failure
     * @param before run by the administrator before a request that should succeed
     * @param request sends it
     * @param after run by the administrator after one that has succeeded
     * @param mayFail whether whoever may send it can be told that something else is wrong
     */
    record Probe(
            DataAction action,
            Scope target,
            String text,
            Runnable before,
            Function<Caller, Answer> request,
            Consumer<Answer> after,
            boolean mayFail) {
        @Override
        public String toString() {
            return text;
        }
    }

    /** Makes the key on a running HSM that believes this authority. */
    RoleProbes(RunningHsm hsm, Caller admin, Attester attester) {
        this.hsm = hsm;
        this.admin = admin;
        this.attester = attester;
        JsonObject made = admin.post(
                        PATH + "/create",
                        new JsonObject()
                                .put("kty", "RSA-HSM")
                                .put("attributes", new JsonObject().put("exportable", true))
                                .put("release_policy", Enclave.policy(attester.issuer(), KIND)))
                .ok();
        String kid = made.getJsonObject("key").getString("kid");
        this.version = PATH + kid.substring(kid.lastIndexOf('/'));
        this.backup = admin.post(PATH + "/backup", EMPTY).ok().getString("value");
        reading();
        changing();
        deleting();
        using();
        roles("");
        roles("/keys");
        roles(PATH);
        definitions();
        rest();
    }

    /** All of them. */
    List<Probe> all() {
        return List.copyOf(probes);
    }

    private void reading() {
        on(KEY, DataAction.KEYS_READ, "GET", PATH, "");
        on(KEY, DataAction.KEYS_READ, "GET", PATH + "/versions", "");
        on(KEY, DataAction.KEYS_READ, "GET", version, "");
        on(KEY, DataAction.KEYS_READ, "GET", version + "/attestation", "");
        on(KEY, DataAction.KEYS_READ, "GET", PATH + "/rotationpolicy", "");
        on(Scope.KEYS, DataAction.KEYS_READ, "GET", "/keys", "");
        on(Scope.KEYS, DataAction.DELETED_KEYS_READ, "GET", "/deletedkeys", "");
    }

    private void changing() {
        on(KEY, DataAction.KEYS_CREATE, "POST", PATH + "/create", P256.encode());
        on(KEY, DataAction.KEYS_ROTATE, "POST", PATH + "/rotate", "{}");
        JsonObject foreign = ForeignKeys.body(ForeignKeys.jwk(ForeignKeys.pair("P-256"), "P-256"));
        on(KEY, DataAction.KEYS_IMPORT, "PUT", PATH, foreign.encode());
        on(KEY, DataAction.KEYS_WRITE, "PATCH", version, "{\"tags\":{}}");
        on(KEY, DataAction.KEYS_WRITE, "PATCH", PATH, "{\"tags\":{}}");
        on(
                KEY,
                DataAction.KEYS_WRITE,
                "PUT",
                PATH + "/rotationpolicy",
                "{\"attributes\":{\"expiryTime\":\"P90D\"},\"lifetimeActions\":[]}");
        on(KEY, DataAction.KEYS_BACKUP, "POST", PATH + "/backup", "{}");
    }

    private void deleting() {
        Runnable delete = () -> admin.delete(PATH).ok();
        Runnable purge = () -> purged(admin.delete(DELETED));
        Runnable restore = () -> admin.post("/keys/restore", new JsonObject().put("value", backup))
                .ok();
        Runnable recover = () -> admin.post(DELETED + "/recover", EMPTY).ok();
        add(KEY, DataAction.KEYS_DELETE, () -> {}, "DELETE", PATH, "", recover);
        add(KEY, DataAction.DELETED_KEYS_READ, delete, "GET", DELETED, "", recover);
        add(KEY, DataAction.DELETED_KEYS_RECOVER, delete, "POST", DELETED + "/recover", "{}", () -> {});
        add(KEY, DataAction.DELETED_KEYS_DELETE, delete, "DELETE", DELETED, "", restore);
        Runnable gone = () -> {
            delete.run();
            purge.run();
        };
        String body = new JsonObject().put("value", backup).encode();
        add(Scope.KEYS, DataAction.KEYS_RESTORE, gone, "POST", "/keys/restore", body, () -> {});
    }

    private static void purged(Answer answer) {
        if (answer.status() != 204) {
            throw new IllegalStateException("the key is not purged: " + answer.body());
        }
    }

    private void using() {
        String oaep = "RSA-OAEP-256";
        String encrypted = value("encrypt", oaep, DIGEST);
        String wrapped = value("wrapkey", oaep, DIGEST);
        String signature = value("sign", "RS256", DIGEST);
        on(KEY, DataAction.KEYS_ENCRYPT, "POST", version + "/encrypt", body(oaep, DIGEST));
        on(KEY, DataAction.KEYS_DECRYPT, "POST", version + "/decrypt", body(oaep, encrypted));
        on(KEY, DataAction.KEYS_WRAP, "POST", version + "/wrapkey", body(oaep, DIGEST));
        on(KEY, DataAction.KEYS_UNWRAP, "POST", version + "/unwrapkey", body(oaep, wrapped));
        on(KEY, DataAction.KEYS_SIGN, "POST", version + "/sign", body("RS256", DIGEST));
        String verify = new JsonObject()
                .put("alg", "RS256")
                .put("digest", DIGEST)
                .put("value", signature)
                .encode();
        on(KEY, DataAction.KEYS_VERIFY, "POST", version + "/verify", verify);
        String target = new JsonObject()
                .put("target", enclave.attested(attester, KIND).text())
                .encode();
        on(KEY, DataAction.KEYS_RELEASE, "POST", version + "/release", target);
    }

    private String value(String operation, String alg, String value) {
        return admin.send("POST", version + "/" + operation, body(alg, value))
                .ok()
                .getString("value");
    }

    private static String body(String alg, String value) {
        return new JsonObject().put("alg", alg).put("value", value).encode();
    }

    /** Role assignments at a scope, as a client writes it. */
    private void roles(String scope) {
        Scope target = scope.equals(PATH) ? KEY : scope.isEmpty() ? Scope.HSM : Scope.KEYS;
        String path = Caller.assignments(scope);
        String one = path + "/" + UUID.randomUUID();
        String body = Caller.body(RoleTableIT.CRYPTO_USER, NOBODY);
        on(target, DataAction.ROLE_ASSIGNMENTS_READ, "GET", path, "");
        on(target, DataAction.ROLE_DEFINITIONS_READ, "GET", Caller.definitions(scope), "");
        Runnable assign = () -> created(admin.put(one, body));
        Runnable unassign = () -> admin.delete(one).ok();
        add(target, DataAction.ROLE_ASSIGNMENTS_READ, assign, "GET", one, "", unassign);
        add(target, DataAction.ROLE_ASSIGNMENTS_WRITE, () -> {}, "PUT", one, body, unassign);
        add(target, DataAction.ROLE_ASSIGNMENTS_DELETE, assign, "DELETE", one, "", () -> {});
    }

    private static void created(Answer answer) {
        if (answer.status() != 201) {
            throw new IllegalStateException("not made: " + answer.body());
        }
    }

    /** Role definitions, which are written at the widest scope only. */
    private void definitions() {
        String one = Caller.definitions("") + "/" + UUID.randomUUID();
        String body = "{\"properties\":{\"roleName\":\"probe\",\"permissions\":[]}}";
        Runnable define = () -> created(admin.put(one, body));
        Runnable undefine = () -> admin.delete(one).ok();
        add(Scope.HSM, DataAction.ROLE_DEFINITIONS_WRITE, () -> {}, "PUT", one, body, undefine);
        add(Scope.HSM, DataAction.ROLE_DEFINITIONS_DELETE, define, "DELETE", one, "", () -> {});
        on(
                Scope.HSM,
                DataAction.ROLE_DEFINITIONS_READ,
                "GET",
                Caller.definitions("") + "/" + RoleTableIT.CRYPTO_USER,
                "");
    }

    private void rest() {
        on(Scope.HSM, DataAction.RANDOM, "POST", "/rng", "{\"count\":8}");
        for (String view : List.of("rejections", "counters", "alerts")) {
            on(Scope.HSM, DataAction.SECURITY_READ, "GET", "/security/" + view, "");
        }
        for (String view : List.of("checkpoint?", "keys?", "proof?index=0&", "consistency?from=0&", "events?from=0&")) {
            ask(DataAction.SECURITY_READ, "GET", "/audit/" + view + "api-version=7.6", "");
        }
        // What these would do at once is none of this table's business: whoever is asked for more was let in.
        String job = "/11111111222233334444555555555555/pending";
        ask(DataAction.SECURITY_DOMAIN_DOWNLOAD, "POST", "/securitydomain/download", "{}");
        ask(DataAction.SECURITY_DOMAIN_DOWNLOAD_READ, "GET", "/securitydomain/download/pending", "");
        ask(DataAction.SECURITY_DOMAIN_UPLOAD, "POST", "/securitydomain/upload", "{}");
        ask(DataAction.SECURITY_DOMAIN_UPLOAD_READ, "GET", "/securitydomain/upload/pending", "");
        ask(DataAction.SECURITY_DOMAIN_TRANSFER_KEY_READ, "GET", "/securitydomain/upload", "");
        ask(DataAction.BACKUP_START, "POST", "/backup", "{}");
        ask(DataAction.BACKUP_STATUS, "GET", "/backup" + job, "");
        ask(DataAction.RESTORE_START, "PUT", "/restore", "{}");
        ask(DataAction.RESTORE_STATUS, "GET", "/restore" + job, "");
    }

    private void on(Scope target, DataAction action, String method, String path, String body) {
        add(target, action, () -> {}, method, path, body, () -> {});
    }

    private void ask(DataAction action, String method, String path, String body) {
        probes.add(new Probe(
                action,
                Scope.HSM,
                method + " " + path,
                () -> {},
                caller -> caller.send(method, path, body),
                answer -> {},
                true));
    }

    private void add(
            Scope target, DataAction action, Runnable before, String method, String path, String body, Runnable after) {
        String text = method + " " + path;
        probes.add(new Probe(
                action, target, text, before, caller -> caller.send(method, path, body), answer -> after.run(), false));
    }

    /** Whether the HSM has anything at the path of a probe: who brings no token is challenged there. */
    boolean served(Probe probe) {
        Answer answer = probe.request.apply(Caller.nobody(hsm));
        if (answer.status() != 401 && answer.status() != 404) {
            throw new IllegalStateException("nobody gets " + answer.status() + " for " + probe);
        }
        return answer.status() == 401;
    }
}
