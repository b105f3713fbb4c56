// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static dev.managedhsm.auth.role.DataAction.KEYS_READ;
import static dev.managedhsm.auth.role.DataAction.KEYS_ROTATE;
import static dev.managedhsm.auth.role.DataAction.KEYS_WRITE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;
import static io.vertx.core.http.HttpMethod.PUT;

import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.KeyRotation;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.lifecycle.KeyLifecycle;
import dev.managedhsm.gateway.wire.KeyBody;
import dev.managedhsm.gateway.wire.Refused;
import dev.managedhsm.gateway.wire.RotationPolicyBody;
import dev.managedhsm.gateway.wire.WireError;
import java.util.List;

/**
 * Rotation of keys, on demand and by policy. Any event loop.
 *
 * <p>A key without a policy is rotated too: Azure's page says that a policy must be set before, but programs that call
 * the stock clients' {@code rotateKey} do not always do so, and nothing is known of a refusal that they could understand.
 * A policy may hold a notification, because what vaults take is sent to HSMs too; there is nobody to be notified.
 */
final class KeyRotations {
    private final Keyring keyring;
    private final KeyLifecycle lifecycle;
    private final KeyBody body;
    private final String baseUrl;

    KeyRotations(Keyring keyring, KeyLifecycle lifecycle, KeyBody body, String baseUrl) {
        this.keyring = keyring;
        this.lifecycle = lifecycle;
        this.body = body;
        this.baseUrl = baseUrl;
    }

    /** What this resource answers. Goes before the endpoint that takes the second part of a path for a version. */
    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.onKey(POST, "/keys/:name/rotate", KEYS_ROTATE, this::rotate),
                Endpoint.onKey(GET, "/keys/:name/rotationpolicy", KEYS_READ, this::policy),
                Endpoint.onKey(PUT, "/keys/:name/rotationpolicy", KEYS_WRITE, this::setPolicy));
    }

    private void rotate(Call call) {
        call.when(lifecycle.rotate(new KeyName(call.part("name"))), keyId(call), facts -> {
            call.exchange().event().key(facts);
            call.exchange().answer(body.speaking(call.query("api-version")).bundle(facts));
        });
    }

    private void policy(Call call) {
        LivingKey key = keyring.find(call.part("name"));
        if (key == null) {
            call.exchange().refuse(WireError.keyNotFound(keyId(call)));
        } else {
            answer(call, key.facts().name(), keyring.rotation(call.part("name")));
        }
    }

    private void setPolicy(Call call) throws Refused {
        KeyName asked = new KeyName(call.part("name"));
        call.when(lifecycle.rotationPolicy(asked, RotationPolicyBody.read(call.json())), keyId(call), rotation -> {
            LivingKey key = keyring.find(asked.text());
            answer(call, key == null ? asked : key.facts().name(), rotation);
        });
    }

    private void answer(Call call, KeyName name, KeyRotation rotation) {
        call.exchange().answer(RotationPolicyBody.of(baseUrl, name, rotation));
    }

    private String keyId(Call call) {
        return baseUrl + "/keys/" + call.part("name");
    }
}
