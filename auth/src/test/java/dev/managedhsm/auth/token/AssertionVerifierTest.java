// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AssertionVerifierTest {
    private static final String ISSUER = "https://cluster.test";
    private static final long NOW = 1_800_000_000L;
    private static final String HEADER = "{\"alg\":\"RS256\",\"kid\":\"k1\"}";
    private static final String CLAIMS = "{\"iss\":\"https://cluster.test\",\"sub\":\"a:b\",\"aud\":[\"x\",\"api://a\"]"
            + ",\"nbf\":" + NOW + ",\"exp\":" + (NOW + 100) + "}";

    private static KeyPair keys;
    private static KeyPair others;
    private static String jwks;

    @BeforeAll
    static void makeKeys() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        keys = generator.generateKeyPair();
        others = generator.generateKeyPair();
        jwks = "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k1\",\"n\":\""
                + base64(unsigned(((RSAPublicKey) keys.getPublic()).getModulus())) + "\",\"e\":\"AQAB\"}]}";
    }

    @Test
    void tellsTheSubjectOfAGoodToken() {
        assertEquals("a:b", subject(token(HEADER, CLAIMS, keys)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            https://cluster.test | https://cluster.test/
            api://a              | api://b
            1800000000           | 1800000061
            1800000100           | 1799999940
            "iss"                | "isss"
            "aud"                | "audd"
            "exp"                | "expp"
            """)
    void tellsNothingWhenAClaimIsWrongOrMissing(String from, String to) {
        assertNull(subject(token(HEADER, CLAIMS.replace(from, to), keys)));
    }

    @Test
    void tellsNothingWhenThereIsNoSubject() {
        assertNull(subject(token(HEADER, CLAIMS.replace("\"sub\"", "\"subb\""), keys)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"alg\":\"none\",\"kid\":\"k1\"}",
                "{\"alg\":\"HS256\",\"kid\":\"k1\"}",
                "{\"alg\":\"RS256\"}",
                "{\"alg\":\"RS256\",\"kid\":\"k2\"}",
                "{\"alg\":\"RS256\",\"kid\":\"k1\",\"crit\":[\"x\"]}",
                "{\"alg\":\"RS256\",\"kid\":\"k1\",\"jwk\":{}}",
                "{\"kid\":\"k1\"}"
            })
    void tellsNothingForAnotherHeader(String header) {
        assertNull(subject(token(header, CLAIMS, keys)));
    }

    @Test
    void tellsNothingForAnotherKeysSignatureOrAChangedToken() {
        assertNull(subject(token(HEADER, CLAIMS, others)));
        String good = token(HEADER, CLAIMS, keys);
        String swapped = base64(CLAIMS.replace("a:b", "a:c").getBytes(UTF_8));
        assertNull(subject(good.substring(0, good.indexOf('.') + 1) + swapped + good.substring(good.lastIndexOf('.'))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a.b.c", "e30.e30.e30", "e30.e30.e30.e30"})
    void tellsNothingForWhatIsNoToken(String text) {
        assertNull(subject(text));
    }

    @Test
    void tellsNothingForATokenThatIsTooLong() {
        assertNull(subject(token(HEADER, CLAIMS, keys) + "A".repeat(TokenVerifier.TOKEN_LENGTH_MAX)));
    }

    @Test
    void refusesKeysThatCannotBeUsed() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new AssertionVerifier(ISSUER, Set.of("api://a"), "{}", InstantSource.system()));
    }

    private static @Nullable String subject(String token) {
        InstantSource clock = InstantSource.fixed(Instant.ofEpochSecond(NOW));
        return new AssertionVerifier(ISSUER, Set.of("api://a"), jwks, clock).subject(token);
    }

    private static String token(String header, String claims, KeyPair pair) {
        String input = base64(header.getBytes(UTF_8)) + "." + base64(claims.getBytes(UTF_8));
        try {
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initSign(pair.getPrivate());
            signature.update(input.getBytes(UTF_8));
            return input + "." + base64(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK cannot sign with RSA", e);
        }
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static byte[] unsigned(BigInteger value) {
        byte[] bytes = value.toByteArray();
        return bytes[0] == 0 ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes;
    }
}
