// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static dev.managedhsm.auth.role.DataAction.KEYS_RELEASE;
import static dev.managedhsm.auth.role.DataAction.KEYS_UNWRAP;
import static dev.managedhsm.auth.role.DataAction.KEYS_WRAP;
import static io.vertx.core.http.HttpMethod.POST;

import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.ReleasePolicy;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.lifecycle.ReleaseAnswer;
import dev.managedhsm.crypto.lifecycle.ReleaseAnswer.Withheld;
import dev.managedhsm.crypto.operation.KeyTransport;
import dev.managedhsm.crypto.operation.Outcome;
import dev.managedhsm.gateway.attestation.Attestation;
import dev.managedhsm.gateway.attestation.Attestation.Proven;
import dev.managedhsm.gateway.attestation.Attestation.Rejected;
import dev.managedhsm.gateway.attestation.RuntimeKey;
import dev.managedhsm.gateway.policy.Policy;
import dev.managedhsm.gateway.wire.KeyBody;
import dev.managedhsm.gateway.wire.Refused;
import dev.managedhsm.gateway.wire.ReleaseBody;
import dev.managedhsm.gateway.wire.ReleaseErrors;
import dev.managedhsm.gateway.wire.SecureKeyBody;
import dev.managedhsm.gateway.wire.WireError;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keys that leave for attested environments: release, secure wrap, secure unwrap. Any event loop; verification, wrapping
 * and signing happen on threads of their own.
 *
 * <pre>
 *   event loop            work                                      event loop
 *   permit, body, key ─▶ token proven ─▶ policy met ─▶ runtime key ─▶ answer
 *                                                     ─▶ wrapped, signed
 * </pre>
 */
final class Releases {
    private static final Logger LOG = LoggerFactory.getLogger(Releases.class);

    /** The API's first version with secure wrap and unwrap; versions that are dates compare as text. */
    private static final String SECURE_KEYS_SINCE = "2026-04-01";

    private final Keyring keyring;
    private final Releasing releasing;
    private final KeyBody body;
    private final String baseUrl;

    /** An answer or a refusal, made off the event loop. */
    private sealed interface End {
        record Answer(JsonObject json) implements End {}

        record Refusal(WireError error) implements End {}
    }

    Releases(Keyring keyring, Releasing releasing, KeyBody body, String baseUrl) {
        this.keyring = keyring;
        this.releasing = releasing;
        this.body = body;
        this.baseUrl = baseUrl;
    }

    /** What this resource answers. */
    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.onKey(POST, "/keys/:name/:version/release", KEYS_RELEASE, this::release),
                Endpoint.onKey(POST, "/keys/:name/+release", KEYS_RELEASE, this::release),
                Endpoint.onKey(POST, "/keys/:name/:version/securewrapkey", KEYS_WRAP, this::secureWrap),
                Endpoint.onKey(POST, "/keys/:name/+securewrapkey", KEYS_WRAP, this::secureWrap),
                Endpoint.onKey(POST, "/keys/:name/:version/secureunwrapkey", KEYS_UNWRAP, this::secureUnwrap),
                Endpoint.onKey(POST, "/keys/:name/+secureunwrapkey", KEYS_UNWRAP, this::secureUnwrap));
    }

    private void release(Call call) throws Refused {
        ReleaseBody request = ReleaseBody.read(call.json());
        LivingKey key = key(call);
        if (key == null) {
            return;
        }
        ReleasePolicy policy = key.facts().releasePolicy();
        WireError fault = policy == null ? ReleaseErrors.notExportable() : disabled(key);
        if (policy == null || fault != null) {
            call.exchange().refuse(fault == null ? WireError.internal() : fault);
            return;
        }
        String apiVersion = String.valueOf(call.query("api-version"));
        attested(call, key, request.target(), policy, (proven, receiver) -> {
            ReleaseAnswer answer =
                    releasing.keys().release(key.handle(), policy, request.transport(), receiver.publicPart());
            return end(answer, released -> {
                KeyFacts facts = released.facts();
                JsonObject statement = request.statement(
                        body.speaking(apiVersion), facts, policy, apiVersion, receiver.kid(), released.wrapped());
                return new JsonObject().put("value", releasing.signer().sign(statement));
            });
        });
    }

    private void secureWrap(Call call) throws Refused {
        SecureKeyBody request = SecureKeyBody.readWrap(call.json());
        LivingKey key = secureKey(call, request);
        if (key != null) {
            answer(
                    call,
                    key,
                    CompletableFuture.completedStage(key)
                            .thenApplyAsync(
                                    found -> end(
                                            releasing.secureKeys().wrapNew(found.handle(), request.algorithm()),
                                            made -> request.answer(body.kid(made.facts()), made.wrapped())),
                                    releasing.work()));
        }
    }

    private void secureUnwrap(Call call) throws Refused {
        SecureKeyBody request = SecureKeyBody.readUnwrap(call.json());
        LivingKey key = secureKey(call, request);
        if (key == null) {
            return;
        }
        ReleasePolicy policy = key.facts().releasePolicy();
        attested(call, key, request.target(), policy, (proven, receiver) -> {
            ReleaseAnswer answer = releasing
                    .secureKeys()
                    .rewrap(
                            key.handle(),
                            request.algorithm(),
                            request.value(),
                            policy,
                            KeyTransport.OAEP_SHA256,
                            receiver.publicPart());
            return end(answer, made -> request.answer(body.kid(made.facts()), made.wrapped()));
        });
    }

    /** The key that the path names; null after the exchange has been refused. */
    private @Nullable LivingKey key(Call call) {
        String name = call.part("name");
        String version = call.routing().pathParam("version");
        LivingKey key = version == null ? keyring.find(name) : keyring.find(name, version);
        if (key == null) {
            String id = baseUrl + "/keys/" + name + (version == null ? "" : '/' + version);
            call.exchange().refuse(WireError.keyNotFound(id));
        }
        return key;
    }

    /** The key, which the algorithm fits; null after the exchange has been refused. */
    private @Nullable LivingKey secureKey(Call call, SecureKeyBody request) {
        String apiVersion = String.valueOf(call.query("api-version"));
        if (!apiVersion.startsWith("20") || apiVersion.compareTo(SECURE_KEYS_SINCE) < 0) {
            call.exchange().refuse(WireError.notFound());
            return null;
        }
        LivingKey key = key(call);
        if (key == null) {
            return null;
        }
        boolean fits = request.fits(key.handle().keyClass());
        WireError fault = fits ? disabled(key) : WireError.of(Outcome.ALGORITHM_MISMATCH);
        if (fault != null) {
            call.exchange().refuse(fault);
            return null;
        }
        return key;
    }

    /** Asked before anything is fetched for it, and again when it is used. */
    private static @Nullable WireError disabled(LivingKey key) {
        return key.facts().attributes().enabled() ? null : WireError.of(Outcome.KEY_DISABLED);
    }

    /**
     * Goes on, off the event loop, for an environment that is proven and meets the policy.
     *
     * @param policy null where the key has none: then every trusted authority's word is enough
     * @param next given the token's proof and the environment's key
     */
    private void attested(
            Call call,
            LivingKey key,
            String target,
            @Nullable ReleasePolicy policy,
            BiFunction<Proven, RuntimeKey, End> next) {
        Policy rules = policy == null ? null : Policy.ofCanonical(policy.json());
        CompletionStage<End> ended = releasing
                .verifier()
                .verify(target, issuer -> rules == null || rules.names(issuer))
                .thenApplyAsync(attestation -> attested(call, attestation, rules, next), releasing.work());
        answer(call, key, ended);
    }

    private static End attested(
            Call call, Attestation attestation, @Nullable Policy rules, BiFunction<Proven, RuntimeKey, End> next) {
        WireError lapsed = call.right().lapsed(); // the authority's server may have taken its time
        if (lapsed != null) {
            return new End.Refusal(lapsed);
        }
        return switch (attestation) {
            case Rejected rejected -> new End.Refusal(ReleaseErrors.of(rejected));
            case Proven proven -> {
                RuntimeKey receiver = RuntimeKey.of(proven.claims());
                if (rules != null && !rules.met(proven.issuer(), proven.claims())) {
                    yield new End.Refusal(ReleaseErrors.policyNotMet());
                }
                yield receiver == null ? new End.Refusal(ReleaseErrors.noRuntimeKey()) : next.apply(proven, receiver);
            }
        };
    }

    private static End end(ReleaseAnswer answer, Function<ReleaseAnswer.Released, JsonObject> json) {
        return switch (answer) {
            case ReleaseAnswer.Released released -> new End.Answer(json.apply(released));
            case ReleaseAnswer.Refused(Outcome outcome) -> {
                WireError error = WireError.of(outcome);
                yield new End.Refusal(error == null ? WireError.internal() : error);
            }
            case Withheld withheld -> new End.Refusal(ReleaseErrors.of(withheld));
        };
    }

    private void answer(Call call, LivingKey key, CompletionStage<End> ended) {
        String path = call.exchange().path();
        call.whenEnded(ended.exceptionally(Releases::throttled), end -> {
            switch (end) {
                case End.Answer(JsonObject json) -> {
                    LOG.info(
                            "{} of {} by {}",
                            path,
                            key,
                            call.token().principal().objectId());
                    call.exchange().answer(json);
                }
                case End.Refusal(WireError error) -> {
                    LOG.info(
                            "{} by {} refused, request {}: {}",
                            path,
                            call.token().principal().objectId(),
                            call.exchange().requestId(),
                            error.innerCode() == null ? error.message() : error.innerCode());
                    call.exchange().refuse(error);
                }
            }
        });
    }

    /** More callers than threads and queue can take; anything else goes on as what it was. */
    private static End throttled(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof RejectedExecutionException) {
            return new End.Refusal(WireError.throttled());
        }
        throw new CompletionException(cause);
    }
}
