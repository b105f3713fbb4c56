// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import static dev.managedhsm.auth.fixture.Issuers.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TokenIssuerTest {
    private static TokenIssuer issuer(
            String name, Set<String> urls, Set<String> audiences, Set<SignatureAlgorithm> algorithms, int skew) {
        return new TokenIssuer(name, TENANT, urls, audiences, algorithms, "{}", skew);
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
    void fetchesKeysFromHttpsOnly() {
        for (String url : List.of(
                "http://login.example.org/keys",
                "http://127.0.0.1/keys",
                "http://localhost/keys",
                "ftp://login.example.org/keys",
                "file:///etc/keys",
                "https:/keys",
                "https://user@login.example.org/keys",
                "https://login.example.org/keys#a",
                "keys")) {
            assertThrows(IllegalArgumentException.class, () -> new KeySource.AtUrl(URI.create(url), null), url);
            assertThrows(IllegalArgumentException.class, () -> new KeySource.ByDiscovery(URI.create(url), null), url);
        }
        URI good = URI.create("https://127.0.0.1:8443/keys?appid=1");
        assertEquals(good, new KeySource.AtUrl(good, null).url());
    }

    @Test
    void refusesAScheduleThatContradictsItself() {
        Duration minute = Duration.ofMinutes(1);
        Duration hour = Duration.ofHours(1);
        assertThrows(IllegalArgumentException.class, () -> new KeySchedule(Duration.ofSeconds(59), hour, hour));
        assertThrows(IllegalArgumentException.class, () -> new KeySchedule(hour, minute, minute));
        assertThrows(IllegalArgumentException.class, () -> new KeySchedule(hour, Duration.ofDays(8), hour));
        assertThrows(IllegalArgumentException.class, () -> new KeySchedule(minute, minute, hour));
        assertThrows(IllegalArgumentException.class, () -> new KeySchedule(minute, hour, minute.negated()));
        assertEquals(minute, new KeySchedule(minute, minute, Duration.ZERO).refreshEvery());
    }

    @Test
    void printsNoKeys() {
        assertFalse(first().toString().contains("kty"));
        assertFalse(first().keys().toString().contains("kty"));
    }
}
