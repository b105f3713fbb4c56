// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static dev.managedhsm.auth.role.DataAction.KEYS_READ;
import static io.vertx.core.http.HttpMethod.GET;

import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyFault;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.lifecycle.AttestationKey;
import dev.managedhsm.crypto.lifecycle.LifecycleAnswer;
import dev.managedhsm.crypto.lifecycle.LifecycleRefusal;
import dev.managedhsm.gateway.http.Exchange;
import dev.managedhsm.gateway.wire.AttestationBody;
import dev.managedhsm.gateway.wire.KeyBody;
import dev.managedhsm.gateway.wire.LifecycleErrors;
import dev.managedhsm.gateway.wire.WireError;
import io.vertx.core.json.JsonObject;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Keys with the HSM's signed word about them. Signed off the event loop; one for all event loops. */
public final class KeyAttestations {
    private final Keyring keyring;
    private final AttestationKey signingKey;
    private final KeyBody body;
    private final String baseUrl;
    private final Clock clock;
    private final Executor work;

    /**
     * @param keyring the living keys
     * @param signingKey signs
     * @param body shows keys
     * @param baseUrl scheme, host and port of identifiers, without a slash at the end
     * @param clock wall clock
     * @param work runs what computes; refuses when its queue is full
     */
    public KeyAttestations(
            Keyring keyring, AttestationKey signingKey, KeyBody body, String baseUrl, Clock clock, Executor work) {
        this.keyring = keyring;
        this.signingKey = signingKey;
        this.body = body;
        this.baseUrl = baseUrl;
        this.clock = clock;
        this.work = work;
    }

    /** What this resource answers; a version left out or empty is the current one. */
    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.onKey(
                        GET, "/keys/:name/:version/attestation", KEYS_READ, call -> attest(call, call.part("version"))),
                Endpoint.onKey(GET, "/keys/:name//?attestation", KEYS_READ, call -> attest(call, null)));
    }

    private void attest(Call call, @Nullable String version) {
        String name = call.part("name");
        LivingKey key = version == null ? keyring.find(name) : keyring.find(name, version);
        String id = baseUrl + "/keys/" + name + (version == null ? "" : '/' + version);
        Exchange exchange = call.exchange();
        if (key == null) {
            exchange.refuse(WireError.keyNotFound(id));
            return;
        }
        exchange.body().letGo();
        KeyFacts facts = key.facts();
        KeyBody speaking = body.speaking(call.query("api-version"));
        try {
            var _ = CompletableFuture.supplyAsync(() -> attested(facts, speaking), work)
                    .whenComplete((made, failure) -> exchange.resume(() -> {
                        switch (made) {
                            case LifecycleAnswer.Done<JsonObject>(JsonObject bundle) -> exchange.answer(bundle);
                            case LifecycleAnswer.Refused<JsonObject>(LifecycleRefusal refusal) ->
                                exchange.refuse(LifecycleErrors.of(refusal, id));
                            case LifecycleAnswer.BadKey<JsonObject>(KeyFault fault) ->
                                exchange.refuse(LifecycleErrors.of(fault));
                            case null -> exchange.broken(failure);
                        }
                    }));
        } catch (RejectedExecutionException full) {
            exchange.refuse(WireError.throttled());
        }
    }

    private LifecycleAnswer<JsonObject> attested(KeyFacts facts, KeyBody body) {
        return switch (signingKey.ready()) {
            case LifecycleAnswer.Done<AttestationKey.Certified>(AttestationKey.Certified ready) -> {
                AttestationBody words = new AttestationBody(
                        body, ready.certificate(), message -> ready.signer().sign(message));
                yield new LifecycleAnswer.Done<>(body.bundle(
                        facts, words.attestation(facts, clock.instant().getEpochSecond())));
            }
            case LifecycleAnswer.Refused<AttestationKey.Certified>(LifecycleRefusal refusal) ->
                new LifecycleAnswer.Refused<>(refusal);
            case LifecycleAnswer.BadKey<AttestationKey.Certified>(KeyFault fault) ->
                new LifecycleAnswer.BadKey<>(fault);
        };
    }
}
