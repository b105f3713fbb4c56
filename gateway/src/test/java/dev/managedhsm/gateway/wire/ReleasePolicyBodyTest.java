// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.key.ReleasePolicy;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReleasePolicyBodyTest {
    private static final String POLICY = "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"https://a.example\","
            + "\"allOf\":[{\"equals\":\"???>>>ÿÿÿ\",\"claim\":\"x\"}]}]}";
    private static final String CANONICAL = "{\"anyOf\":[{\"allOf\":[{\"claim\":\"x\",\"equals\":\"???>>>ÿÿÿ\"}],"
            + "\"authority\":\"https://a.example\"}],\"version\":\"1.0.0\"}";

    @Test
    void fillsInWhatWasLeftOutAndAnswersTheCanonicalForm() throws Refused {
        ReleasePolicy policy = read(new JsonObject().put("data", base64Url(POLICY)));
        assertEquals(new ReleasePolicy("application/json; charset=utf-8", CANONICAL, false), policy);
        assertEquals(
                "{\"contentType\":\"application/json; charset=utf-8\",\"data\":\"" + base64Url(CANONICAL)
                        + "\",\"immutable\":false}",
                ReleasePolicyBody.write(policy).encode());
    }

    @Test
    void keepsContentTypeAndImmutable() throws Refused {
        ReleasePolicy policy = read(new JsonObject()
                .put("data", base64Url(POLICY))
                .put("contentType", "Application/JSON")
                .put("immutable", true));
        assertEquals("Application/JSON", policy.contentType());
        assertTrue(policy.immutable());
    }

    @Test
    void takesStandardBase64WithPaddingToo() throws Refused {
        String standard = Stream.of("", " ", "  ")
                .map(space -> Base64.getEncoder().encodeToString((space + POLICY).getBytes(StandardCharsets.UTF_8)))
                .filter(text -> text.endsWith("="))
                .findFirst()
                .orElseThrow();
        assertTrue(standard.contains("/") || standard.contains("+"));
        assertEquals(CANONICAL, read(new JsonObject().put("data", standard)).json());
    }

    @Test
    void isNullWhereThereIsNone() throws Refused {
        assertNull(ReleasePolicyBody.read(new JsonObject()));
        assertNull(ReleasePolicyBody.read(new JsonObject().putNull("release_policy")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"x\"",
                "{}",
                "{\"data\":\"\"}",
                "{\"data\":1}",
                "{\"data\":\"*\"}",
                "{\"data\":\"e30\"}",
                "{\"data\":\"DATA\",\"immutable\":\"true\"}",
                "{\"data\":\"DATA\",\"contentType\":\"text/plain\"}",
                "{\"data\":\"DATA\",\"contentType\":\"application/jsonp\"}",
                "{\"data\":\"DATA\",\"contentType\":7}"
            })
    void refuses(String policy) {
        JsonObject body = new JsonObject("{\"release_policy\":" + policy.replace("DATA", base64Url(POLICY)) + "}");
        assertThrows(Refused.class, () -> ReleasePolicyBody.read(body));
    }

    private static ReleasePolicy read(JsonObject policy) throws Refused {
        return Objects.requireNonNull(ReleasePolicyBody.read(new JsonObject().put("release_policy", policy)));
    }

    private static String base64Url(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
