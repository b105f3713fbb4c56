// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import static dev.managedhsm.auth.fixture.Issuers.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TokenIssuerTest {
    private static TokenIssuer issuer(
            String name, Set<String> urls, Set<String> audiences, Set<SignatureAlgorithm> algorithms, int skew) {
        return new TokenIssuer(name, TENANT, urls, audiences, algorithms, "{}", skew, 1);
    }

    @Test
    void refusesWhatCouldNeverAcceptAToken() {
        Set<String> one = Set.of("x");
        Set<SignatureAlgorithm> rs256 = Set.of(SignatureAlgorithm.RS256);
        assertThrows(IllegalArgumentException.class, () -> issuer(" ", one, one, rs256, 60));
        assertThrows(IllegalArgumentException.class, () -> issuer("a", Set.of(), one, rs256, 60));
        assertThrows(IllegalArgumentException.class, () -> issuer("a", one, Set.of(), rs256, 60));
        assertThrows(IllegalArgumentException.class, () -> issuer("a", one, one, Set.of(), 60));
        assertThrows(IllegalArgumentException.class, () -> issuer("a", Set.of(""), one, rs256, 60));
        assertThrows(IllegalArgumentException.class, () -> issuer("a", one, Set.of(""), rs256, 60));
    }

    @Test
    void refusesAClockSkewOutOfBounds() {
        Set<String> one = Set.of("x");
        Set<SignatureAlgorithm> rs256 = Set.of(SignatureAlgorithm.RS256);
        assertThrows(IllegalArgumentException.class, () -> issuer("a", one, one, rs256, -1));
        assertThrows(IllegalArgumentException.class, () -> issuer("a", one, one, rs256, 301));
        assertEquals(300, issuer("a", one, one, rs256, 300).clockSkewSeconds());
        assertEquals(60, first().clockSkewSeconds());
    }

    @Test
    void neitherUnsignedNorSharedSecretsCanBeConfigured() {
        List<String> names =
                Arrays.stream(SignatureAlgorithm.values()).map(Enum::name).toList();
        assertEquals(List.of("RS256", "RS384", "RS512", "PS256", "ES256", "ES384"), names);
    }

    @Test
    void otherKeysRaiseTheKeyGenerationAndTheSameKeysDoNot() {
        TokenIssuer issuer = first();
        assertEquals(2, issuer.withKeys("{}").keyGeneration());
        assertEquals(3, issuer.withKeys("{}").withKeys("[]").keyGeneration());
        assertSame(issuer, issuer.withKeys(issuer.jwks()));
    }

    @Test
    void printsNoKeys() {
        assertFalse(first().toString().contains("kty"));
    }
}
