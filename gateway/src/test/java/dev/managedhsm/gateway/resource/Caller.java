// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Somebody with a good token and an object id, talking to one HSM; comes back later when he is told to, as clients do. */
final class Caller {
    private static final String PROVIDER = "/providers/Microsoft.Authorization/";

    private static final int TRIES_MAX = 20;

    final String objectId;
    private final RawClient client;
    private final @Nullable String bearer;

    private Caller(RawClient client, String objectId, @Nullable String bearer) {
        this.objectId = objectId;
        this.client = client;
        this.bearer = bearer;
    }

    private static Caller of(RunningHsm hsm, RawClient client, String objectId) {
        String token = hsm.token().claim("oid", objectId).claim("sub", objectId).text();
        return new Caller(client, objectId, "Bearer " + token);
    }

    /** Somebody whom the HSM has never seen. */
    static Caller fresh(RunningHsm hsm) {
        return fresh(hsm, hsm.client());
    }

    /** Somebody whom the HSM has never seen, on the connection of a client: it may bring only so many tokens at once. */
    static Caller fresh(RunningHsm hsm, RawClient client) {
        return of(hsm, client, UUID.randomUUID().toString());
    }

    /** Somebody new whose token names a group. */
    static Caller member(RunningHsm hsm, String groupId) {
        String objectId = UUID.randomUUID().toString();
        String token = hsm.token()
                .claim("oid", objectId)
                .claim("groups", List.of(UUID.randomUUID().toString(), groupId))
                .text();
        return new Caller(hsm.client(), objectId, "Bearer " + token);
    }

    static Caller administrator(RunningHsm hsm) {
        return of(hsm, hsm.client(), hsm.administratorId());
    }

    /** Somebody without a token. */
    static Caller nobody(RunningHsm hsm) {
        return new Caller(hsm.client(), "", null);
    }

    Answer send(String method, String path, String body) {
        Answer answer = sendOnce(method, path, body);
        for (int i = 0; i < TRIES_MAX && answer.status() == 429; i++) {
            pause(answer.header("retry-after"));
            answer = sendOnce(method, path, body);
        }
        return answer;
    }

    private static void pause(String seconds) {
        try {
            Thread.sleep(Duration.ofSeconds(Long.parseLong(seconds)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Answer sendOnce(String method, String path, String body) {
        HttpRequest.Builder request = client.bare(path);
        if (bearer != null) {
            request.setHeader("authorization", bearer);
        }
        if (body.isEmpty()) {
            return client.send(request.method(method, BodyPublishers.noBody()));
        }
        return client.send(
                request.setHeader("content-type", "application/json").method(method, BodyPublishers.ofString(body)));
    }

    /** A POST of a text, with the token, that is not sent yet. */
    HttpRequest.Builder posting(String path, String body) {
        return client.posting(path, BodyPublishers.ofString(body)).setHeader("authorization", String.valueOf(bearer));
    }

    /** The header that carries the token. */
    String bearer() {
        return String.valueOf(bearer);
    }

    /** A GET that does not come back when it is told to. */
    Answer once(String path) {
        return sendOnce("GET", path, "");
    }

    Answer get(String path) {
        return send("GET", path, "");
    }

    Answer delete(String path) {
        return send("DELETE", path, "");
    }

    Answer put(String path, String body) {
        return send("PUT", path, body);
    }

    Answer post(String path, JsonObject body) {
        return send("POST", path, body.encode());
    }

    /** The path of role assignments at a scope as a client writes it. */
    static String assignments(String scope) {
        return scope + PROVIDER + "roleAssignments";
    }

    /** The path of role definitions at a scope as a client writes it. */
    static String definitions(String scope) {
        return scope + PROVIDER + "roleDefinitions";
    }

    /** Assigns a role under a new name. */
    Answer assign(String scope, UUID role, String principalId) {
        return put(assignments(scope) + '/' + UUID.randomUUID(), body(role, principalId));
    }

    /** What a client sends to assign a role. */
    static String body(UUID role, String principalId) {
        return new JsonObject()
                .put(
                        "properties",
                        new JsonObject()
                                .put("principalId", principalId)
                                .put(
                                        "roleDefinitionId",
                                        "Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/" + role))
                .encode();
    }
}
