// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import dev.managedhsm.gateway.fixture.TokenDraft;
import dev.managedhsm.gateway.identity.DevIssuer;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Who is not proven gets a challenge; who is proven and has no right is told which right it was. */
@ParameterizedClass
@EnumSource(
        value = HttpClient.Version.class,
        names = {"HTTP_1_1", "HTTP_2"})
class TokenRefusalsIT {
    private static final String STRANGER = "5d1a7f4e-2c1b-4f57-9b3e-2f6a1c0d9e88";
    private static final JsonObject EC_KEY = new JsonObject().put("kty", "EC-HSM");
    private static final String SIGN_BODY = "{\"alg\":\"ES256\",\"value\":\"" + "A".repeat(43) + "\"}";

    private static final int TOKENS_MAX = 32;

    private static RunningHsm hsm;
    private final RawClient client;

    TokenRefusalsIT(HttpClient.Version version) {
        // One of its own for every test: a connection may bring only so many tokens.
        client = hsm.newClient(version);
    }

    @AfterEach
    void closeClient() {
        client.close();
    }

    @BeforeAll
    static void startHsm() {
        hsm = RunningHsm.start();
        hsm.client().create("signer", EC_KEY);
    }

    @AfterAll
    static void endHsm() {
        RunningHsm.end(hsm);
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /keys",
        "GET, /keys/signer",
        "GET, /keys/none",
        "POST, /keys/signer/create",
        "POST, /keys/signer/sign",
        "POST, /keys/signer//sign",
        "DELETE, /keys/signer",
        "GET, /deletedkeys",
        "POST, /deletedkeys/signer/recover",
        "GET, /keys?api-version=unknown"
    })
    void challengesARequestWithoutTokenAndBody(String method, String path) {
        // Stock clients send the first request so, with a Content-Length of 0, and learn from the answer where to go.
        assertChallenged(client.send(client.bare(path).method(method, BodyPublishers.noBody())), hsm.challenge());
    }

    @Test
    void challengesARequestWithoutTokenBeforeItLooksAtTheBody() {
        HttpRequest.Builder request =
                client.bare("/keys/signer/sign").POST(BodyPublishers.ofString("{\"alg\":\"nonsense\""));

        assertChallenged(client.send(request), hsm.challenge());
    }

    @Test
    void challengesSoThatStockClientsCanTakeItApart() {
        String challenge = client.send(client.bare("/keys").GET()).header("www-authenticate");

        assertEquals("Bearer", challenge.substring(0, challenge.indexOf(' ')));
        List<String> attributes =
                List.of(challenge.substring(challenge.indexOf(' ') + 1).split(", ", -1));
        assertEquals(2, attributes.size());
        assertEquals("authorization=\"https://sts.localhost/" + hsm.tenantId() + "\"", attributes.getFirst());
        assertEquals("resource=\"https://localhost:" + hsm.port() + "\"", attributes.getLast());
    }

    /** Every way to spoil a token, what it makes of the header, and the word that the caller is told. */
    enum Spoilt {
        OTHER_SCHEME("bearer_token_expected", hsm -> "Basic dXNlcjpwYXNz"),
        TWO_TOKENS(
                "bearer_token_expected",
                hsm -> "Bearer " + hsm.token().text() + " " + hsm.token().text()),
        GARBAGE("token_malformed", hsm -> "Bearer garbage"),
        HALF("token_malformed", hsm -> "Bearer " + hsm.token().text().substring(0, 100)),
        NO_JSON("token_malformed", hsm -> "Bearer bm8.anNvbg.AAAA"),
        EXPIRED("token_expired", hsm -> bearer(hsm.token().claim("exp", now() - 1))),
        NOT_YET_VALID("token_not_yet_valid", hsm -> bearer(hsm.token().claim("nbf", now() + 60))),
        ISSUED_IN_FUTURE("token_not_yet_valid", hsm -> bearer(hsm.token().claim("iat", now() + 60))),
        OTHER_AUDIENCE("wrong_audience", hsm -> bearer(hsm.token().claim("aud", "https://vault.azure.net"))),
        AUDIENCE_WITH_SLASH("wrong_audience", hsm -> bearer(hsm.token().claim("aud", hsm.audience() + "/"))),
        OTHER_ISSUER("token_not_trusted", hsm -> bearer(hsm.token().claim("iss", "https://sts.windows.net/x/"))),
        OTHER_TENANT("wrong_tenant", hsm -> bearer(hsm.token().claim("tid", STRANGER))),
        FOREIGN_KEY("token_not_trusted", hsm -> bearer(hsm.token().signedBy(DevIssuer.newKey()))),
        UNKNOWN_KID(
                "token_not_trusted",
                hsm -> bearer(hsm.token().signedBy(DevIssuer.newKey()).header("kid", "another"))),
        NO_KID("token_not_trusted", hsm -> bearer(hsm.token().withoutHeader("kid"))),
        OWN_KEY_INSIDE("token_not_trusted", hsm -> bearer(hsm.token().header("jwk", new JsonObject()))),
        CRITICAL_EXTENSION("token_not_trusted", hsm -> bearer(hsm.token().header("crit", List.of("exp")))),
        ALGORITHM_NONE(
                "token_not_trusted",
                hsm -> "Bearer " + hsm.token().header("alg", "none").unsigned()),
        ALGORITHM_NONE_SIGNED("token_not_trusted", hsm -> bearer(hsm.token().header("alg", "none"))),
        NO_SIGNATURE("token_not_trusted", hsm -> "Bearer " + hsm.token().unsigned()),
        OTHER_ALGORITHM("token_not_trusted", hsm -> bearer(hsm.token().header("alg", "RS512"))),
        PUBLIC_KEY_AS_SECRET(
                "token_not_trusted",
                hsm -> "Bearer " + hsm.token().header("alg", "HS256").signedWithPublicKey()),
        OTHER_CLAIMS("token_not_trusted", Spoilt::claimsOfAnother),
        NO_TENANT("claim_missing", hsm -> bearer(hsm.token().without("tid"))),
        NO_AUDIENCE("claim_missing", hsm -> bearer(hsm.token().without("aud"))),
        NO_END("claim_missing", hsm -> bearer(hsm.token().without("exp"))),
        NO_OBJECT_ID("claim_missing", hsm -> bearer(hsm.token().without("oid")));

        private final String hint;

        @SuppressWarnings("ImmutableEnumChecker") // none of the functions holds anything
        private final Function<RunningHsm, String> header;

        Spoilt(String hint, Function<RunningHsm, String> header) {
            this.hint = hint;
            this.header = header;
        }

        private static String bearer(TokenDraft token) {
            return "Bearer " + token.text();
        }

        private static long now() {
            return Instant.now().getEpochSecond();
        }

        /** The signature of a good token under claims that were never signed. */
        private static String claimsOfAnother(RunningHsm hsm) {
            String good = hsm.token().text();
            String other = hsm.token().claim("oid", STRANGER).unsigned();
            return "Bearer " + other + good.substring(good.lastIndexOf('.') + 1);
        }
    }

    @ParameterizedTest
    @EnumSource(Spoilt.class)
    void refusesAToken(Spoilt spoilt) {
        String header = spoilt.header.apply(hsm);
        String challenge = hsm.challenge() + ", error=\"invalid_token\", error_description=\"" + spoilt.hint + "\"";

        Answer list =
                client.send(client.bare("/keys").header("authorization", header).GET());
        Answer operation = client.send(client.bare("/keys/signer/sign")
                .header("authorization", header)
                .POST(BodyPublishers.ofString(SIGN_BODY)));

        assertChallenged(list, challenge);
        assertChallenged(operation, challenge);
        assertFalse(list.body().contains(spoilt.hint), "the body tells nothing about tokens");
    }

    private static void assertChallenged(Answer answer, String challenge) {
        answer.refused(401, "Unauthorized");
        assertEquals(challenge, answer.header("www-authenticate"));
    }

    @Test
    void takesTheSameTokenUnspoilt() {
        String header = "Bearer " + hsm.token().text();

        client.send(client.bare("/keys").header("authorization", header).GET()).ok();
        client.send(client.bare("/keys")
                        .header("authorization", header.replace("Bearer", "bEARER"))
                        .GET())
                .ok();
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /keys, keys/read/action, /keys",
        "GET, /keys/signer, keys/read/action, /keys/signer",
        "GET, /keys/none, keys/read/action, /keys/none",
        "GET, /keys/signer/versions, keys/read/action, /keys/signer",
        "POST, /keys/signer/create, keys/create, /keys/signer",
        "DELETE, /keys/signer, keys/delete, /keys/signer",
        "POST, /keys/signer/sign, keys/sign/action, /keys/signer",
        "POST, /keys/none/sign, keys/sign/action, /keys/none",
        "POST, /keys/signer/verify, keys/verify/action, /keys/signer",
        "POST, /keys/signer/encrypt, keys/encrypt/action, /keys/signer",
        "POST, /keys/signer/decrypt, keys/decrypt/action, /keys/signer",
        "POST, /keys/signer/wrapkey, keys/wrap/action, /keys/signer",
        "POST, /keys/signer/unwrapkey, keys/unwrap/action, /keys/signer",
        "GET, /deletedkeys, keys/deletedKeys/read/action, /keys",
        "GET, /deletedkeys/signer, keys/deletedKeys/read/action, /keys/signer",
        "POST, /deletedkeys/signer/recover, keys/deletedKeys/recover/action, /keys/signer",
        "DELETE, /deletedkeys/signer, keys/deletedKeys/delete, /keys/signer"
    })
    void tellsWhichRightIsMissing(String method, String path, String action, String scope) {
        String header = "Bearer " + hsm.token().claim("oid", STRANGER).text();

        Answer answer = client.send(client.bare(path)
                .header("authorization", header)
                .method(method, BodyPublishers.ofString(method.equals("POST") ? SIGN_BODY : "")));

        assertEquals(
                "Not authorized to access Microsoft.KeyVault/managedHsm/" + action + " on " + scope,
                answer.refused(403, "AccessDenied"));
    }

    @Test
    void letsOneConnectionBringOnlySoManyTokens() {
        client.get("/keys").ok(); // from here on there is a connection for all that follows, in HTTP/2
        List<CompletableFuture<Answer>> waiting = IntStream.range(0, TOKENS_MAX * 5)
                .mapToObj(i -> client.sendAsync(client.bare("/keys")
                        .header("authorization", "Bearer made-up-" + i)
                        .GET()))
                .toList();
        List<Answer> answers = waiting.stream().map(CompletableFuture::join).toList();

        long throttled =
                answers.stream().filter(answer -> answer.status() == 429).count();
        if (client.version() == HttpClient.Version.HTTP_2) {
            assertTrue(throttled > 0, "one connection brought " + answers.size() + " tokens");
        } // HTTP/1.1 spreads them over many connections
        for (Answer answer : answers) {
            if (answer.status() == 429) {
                answer.refused(429, "Throttled");
                assertEquals("1", answer.header("retry-after"));
            } else {
                answer.refused(401, "Unauthorized");
            }
        }
        hsm.client(client.version()).get("/keys").ok();
    }

    @Test
    void answersAllWhoBringOneNewTokenAtOnce() {
        client.get("/keys").ok(); // from here on there is a connection for all that follows, in HTTP/2
        String good = "Bearer " + hsm.token().claim("jti", "brought by many").text();

        for (Answer answer : many(good)) {
            answer.ok();
        }
    }

    @Test
    void refusesAllWhoBringOneBadTokenAtOnce() {
        client.get("/keys").ok();
        String bad = "Bearer " + hsm.token().claim("exp", 1L).text();

        List<Answer> answers = many(bad);

        answers.getFirst().refused(401, "Unauthorized");
        // A bad token is not remembered: each that comes after the first was looked at is a new one.
        assertEquals(
                0,
                answers.stream()
                        .filter(answer -> answer.status() != 401 && answer.status() != 429)
                        .count());
    }

    private List<Answer> many(String header) {
        List<CompletableFuture<Answer>> waiting = IntStream.range(0, TOKENS_MAX * 3)
                .mapToObj(i -> client.sendAsync(
                        client.bare("/keys").header("authorization", header).GET()))
                .toList();
        return waiting.stream().map(CompletableFuture::join).toList();
    }

    @Test
    void forgetsNobodysRightsFromOneRequestToTheNext() {
        String stranger = "Bearer " + hsm.token().claim("oid", STRANGER).text();

        client.get("/keys/signer").ok();
        client.send(client.bare("/keys/signer")
                        .header("authorization", stranger)
                        .GET())
                .refused(403, "AccessDenied");
        client.get("/keys/signer").ok();
    }
}
