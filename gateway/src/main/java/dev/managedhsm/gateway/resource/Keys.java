// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static dev.managedhsm.auth.role.DataAction.DELETED_KEYS_DELETE;
import static dev.managedhsm.auth.role.DataAction.DELETED_KEYS_READ;
import static dev.managedhsm.auth.role.DataAction.DELETED_KEYS_RECOVER;
import static dev.managedhsm.auth.role.DataAction.KEYS_CREATE;
import static dev.managedhsm.auth.role.DataAction.KEYS_DELETE;
import static dev.managedhsm.auth.role.DataAction.KEYS_IMPORT;
import static dev.managedhsm.auth.role.DataAction.KEYS_READ;
import static dev.managedhsm.auth.role.DataAction.KEYS_WRITE;
import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.PATCH;
import static io.vertx.core.http.HttpMethod.POST;
import static io.vertx.core.http.HttpMethod.PUT;

import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.keyring.DeletedKey;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.lifecycle.KeyLifecycle;
import dev.managedhsm.gateway.wire.CreateKeyBody;
import dev.managedhsm.gateway.wire.ImportKeyBody;
import dev.managedhsm.gateway.wire.KeyBody;
import dev.managedhsm.gateway.wire.Page;
import dev.managedhsm.gateway.wire.Refused;
import dev.managedhsm.gateway.wire.UpdateKeyBody;
import dev.managedhsm.gateway.wire.WireError;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Keys: create, import, read, list, update, delete, and what becomes of deleted ones. Changes go to the control worker; reads come from
 * the keyring. Any event loop.
 */
final class Keys {
    private static final String KEYS = "/keys";
    private static final String DELETED_KEYS = "/deletedkeys";

    private final Keyring keyring;
    private final KeyLifecycle lifecycle;
    private final KeyBody body;
    private final String baseUrl;

    Keys(Keyring keyring, KeyLifecycle lifecycle, KeyBody body, String baseUrl) {
        this.keyring = keyring;
        this.lifecycle = lifecycle;
        this.body = body;
        this.baseUrl = baseUrl;
    }

    /** What this resource answers, the more specific paths first. */
    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.onKey(POST, "/keys/:name/create", KEYS_CREATE, this::create),
                Endpoint.onKey(GET, "/keys/:name/versions", KEYS_READ, this::versions),
                Endpoint.onKey(GET, "/keys/:name/:version", KEYS_READ, this::version),
                Endpoint.onKey(GET, "/keys/:name", KEYS_READ, this::current),
                Endpoint.onKey(PUT, "/keys/:name", KEYS_IMPORT, this::importKey),
                Endpoint.onKey(PATCH, "/keys/:name/:version", KEYS_WRITE, this::updateVersion),
                Endpoint.onKey(PATCH, "/keys/:name", KEYS_WRITE, this::update),
                Endpoint.onKey(DELETE, "/keys/:name", KEYS_DELETE, this::delete),
                Endpoint.onKeys(GET, "/keys", KEYS_READ, this::list),
                Endpoint.onKey(POST, "/deletedkeys/:name/recover", DELETED_KEYS_RECOVER, this::recover),
                Endpoint.onKey(GET, "/deletedkeys/:name", DELETED_KEYS_READ, this::deleted),
                Endpoint.onKey(DELETE, "/deletedkeys/:name", DELETED_KEYS_DELETE, this::purge),
                Endpoint.onKeys(GET, "/deletedkeys", DELETED_KEYS_READ, this::listDeleted));
    }

    static WireError invalidName() {
        return WireError.badParameter("The key name in the request URI is not valid: 1 to " + KeyName.LENGTH_MAX
                + " letters, digits and hyphens");
    }

    private void create(Call call) throws Refused {
        KeyName name = new KeyName(call.part("name"));
        call.when(lifecycle.create(CreateKeyBody.read(name, call.json())), keyId(call), facts -> answer(call, facts));
    }

    private void importKey(Call call) throws Refused {
        KeyName name = new KeyName(call.part("name"));
        // Once all that the event loop has on its stack for this request has ended, whether the body is a key or not.
        call.exchange().afterwards(lifecycle::forget);
        ImportKeyBody parsed = ImportKeyBody.read(name, call.exchange().body().bytes(), baseUrl);
        call.when(lifecycle.importKey(parsed.request(), parsed.origin()), keyId(call), facts -> answer(call, facts));
    }

    private void update(Call call) throws Refused {
        update(call, null, keyId(call));
    }

    private void updateVersion(Call call) throws Refused {
        update(call, call.part("version"), keyId(call) + '/' + call.part("version"));
    }

    private void update(Call call, @Nullable String version, String id) throws Refused {
        call.when(
                lifecycle.update(new KeyName(call.part("name")), version, UpdateKeyBody.read(call.json())),
                id,
                facts -> answer(call, facts));
    }

    /** The version that was made or changed is named in the audit log too. */
    private void answer(Call call, KeyFacts facts) {
        call.exchange().event().key(facts);
        call.exchange().answer(body(call).bundle(facts));
    }

    /** Bodies as the caller's version of the API has them. */
    private KeyBody body(Call call) {
        return body.speaking(call.query("api-version"));
    }

    private void current(Call call) {
        LivingKey key = keyring.find(call.part("name"));
        if (key == null) {
            call.exchange().refuse(WireError.keyNotFound(keyId(call)));
        } else {
            call.exchange().answer(body(call).bundle(key.facts()));
        }
    }

    private void version(Call call) {
        LivingKey key = keyring.find(call.part("name"), call.part("version"));
        if (key == null) {
            call.exchange().refuse(WireError.keyNotFound(keyId(call) + '/' + call.part("version")));
        } else {
            call.exchange().answer(body(call).bundle(key.facts()));
        }
    }

    private void list(Call call) throws Refused {
        Page page = Page.of(call.query("maxresults"), call.query(Page.MARK), KEYS);
        List<LivingKey> keys = keyring.list(page.after(), page.size() + 1);
        answer(
                call,
                page,
                keys,
                KEYS,
                key -> body(call).item(key.facts()),
                key -> key.facts().name().folded());
    }

    private void versions(Call call) throws Refused {
        String name = call.part("name");
        String path = KEYS + '/' + name + "/versions";
        Page page = Page.of(call.query("maxresults"), call.query(Page.MARK), path);
        List<LivingKey> keys = keyring.versions(name, page.after(), page.size() + 1);
        answer(
                call,
                page,
                keys,
                path,
                key -> body(call).versionItem(key.facts()),
                key -> key.facts().version().text());
    }

    private void listDeleted(Call call) throws Refused {
        Page page = Page.of(call.query("maxresults"), call.query(Page.MARK), DELETED_KEYS);
        List<DeletedKey> keys = keyring.listDeleted(page.after(), page.size() + 1);
        answer(
                call,
                page,
                keys,
                DELETED_KEYS,
                key -> withDeletion(body(call).item(key.facts()), key),
                key -> key.name().folded());
    }

    private <K> void answer(
            Call call,
            Page page,
            List<K> oneMore,
            String path,
            Function<K, JsonObject> item,
            Function<K, String> mark) {
        JsonArray items = new JsonArray();
        int shown = Math.min(page.size(), oneMore.size());
        for (K key : oneMore.subList(0, shown)) {
            items.add(item.apply(key));
        }
        JsonObject answer = new JsonObject();
        if (oneMore.size() > shown) {
            String next = page.link(baseUrl, path, mark.apply(oneMore.get(shown - 1)), call.query("api-version"));
            answer.put("nextLink", next);
        }
        call.exchange().answer(answer.put("value", items));
    }

    private void delete(Call call) {
        call.when(lifecycle.delete(new KeyName(call.part("name"))), keyId(call), deleted -> {
            call.exchange().event().key(deleted.facts());
            call.exchange().event().deleted(deleted.purgeSeconds());
            call.exchange().answer(withDeletion(body(call).bundle(deleted.facts()), deleted));
        });
    }

    private void deleted(Call call) {
        DeletedKey key = keyring.findDeleted(call.part("name"));
        if (key == null) {
            call.exchange().refuse(WireError.keyNotFound(deletedId(call)));
        } else {
            call.exchange().answer(withDeletion(body(call).bundle(key.facts()), key));
        }
    }

    private void recover(Call call) {
        call.when(lifecycle.recover(new KeyName(call.part("name"))), deletedId(call), facts -> answer(call, facts));
    }

    private void purge(Call call) {
        DeletedKey going = keyring.findDeleted(call.part("name"));
        if (going != null) {
            call.exchange().event().key(going.facts()); // nobody can tell afterwards
        }
        call.when(
                lifecycle.purge(new KeyName(call.part("name"))),
                deletedId(call),
                gone -> call.exchange().answer(204));
    }

    private JsonObject withDeletion(JsonObject json, DeletedKey key) {
        return body.deleted(json, key.facts(), key.deletedSeconds(), key.purgeSeconds());
    }

    private String keyId(Call call) {
        return baseUrl + "/keys/" + call.part("name");
    }

    private String deletedId(Call call) {
        return baseUrl + "/deletedkeys/" + call.part("name");
    }
}
