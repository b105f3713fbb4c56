// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import static dev.managedhsm.auth.fixture.Issuers.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.fixture.AllocationCounter;
import dev.managedhsm.auth.principal.Principal;
import dev.managedhsm.auth.principal.PrincipalKind;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TokenCacheTest {
    private final KeyLife keyLife = new KeyLife(Long.MAX_VALUE);

    private VerifiedToken verified(long expiresAtSeconds) {
        Principal principal = new Principal(TENANT, new UUID(1, 2), new UUID(3, 4), PrincipalKind.APP, null, List.of());
        return new VerifiedToken(
                principal,
                new VerifiedToken.Times(expiresAtSeconds, 0, null),
                "first",
                keyLife,
                VerifiedToken.Terms.FREE);
    }

    @Test
    void findsWhatItKeeps() {
        TokenCache cache = new TokenCache();
        VerifiedToken verified = verified(NOW + 10);
        cache.keep("a.b.c", verified);
        assertSame(verified, cache.find(String.join(".", "a", "b", "c"), NOW));
    }

    @Test
    void findsNothingElse() {
        TokenCache cache = new TokenCache();
        cache.keep("a.b.c", verified(NOW + 10));
        assertNull(cache.find("a.b.d", NOW));
        assertNull(cache.find("a.b.c ", NOW));
        assertNull(cache.find("", NOW));
    }

    @Test
    void tellsTokensOfOneHashApart() {
        TokenCache cache = new TokenCache();
        assertEquals("Aa".hashCode(), "BB".hashCode());
        cache.keep("Aa", verified(NOW + 10));
        assertNull(cache.find("BB", NOW));
    }

    @Test
    void removesExpiredTokensOnTheDot() {
        TokenCache cache = new TokenCache();
        cache.keep("t", verified(NOW + 10));
        assertNotNull(cache.find("t", NOW + 9));
        assertNull(cache.find("t", NOW + 10));
        assertEquals(0, cache.size());
    }

    @Test
    void removesTokensWhoseKeyHasEnded() {
        TokenCache cache = new TokenCache();
        cache.keep("t", verified(NOW + 10));
        keyLife.endAt(NOW);
        assertNull(cache.find("t", NOW));
        assertEquals(0, cache.size());
    }

    @Test
    void keepsWhatIsAskedForAndForgetsTheRest() {
        TokenCache cache = new TokenCache(1 << 20, 100);
        cache.keep("wanted", verified(NOW + 10));
        cache.keep("unwanted", verified(NOW + 10));
        for (int i = 0; i < 1000; i++) {
            cache.keep("other " + i, verified(NOW + 10));
            assertNotNull(cache.find("wanted", NOW), "after " + i);
            assertTrue(cache.size() <= 100, "size " + cache.size());
        }
        assertNull(cache.find("unwanted", NOW));
    }

    @Test
    void turnsSeldomWhenEverythingIsAskedFor() {
        TokenCache cache = new TokenCache(1 << 20, 100);
        for (int i = 0; i < 10_000; i++) {
            cache.keep("t" + i, verified(NOW + 10));
            for (int j = 0; j <= i && j < 120; j++) {
                cache.find("t" + (i - j), NOW);
            }
            assertTrue(cache.size() <= 100, "size " + cache.size());
            assertNotNull(cache.find("t" + i, NOW));
        }
    }

    @Test
    void staysWithinItsBytes() {
        TokenCache cache = new TokenCache(1 << 20, 1_000_000);
        String filler = "x".repeat(1500);
        for (int i = 0; i < 5000; i++) {
            cache.keep(filler + i, verified(NOW + 10));
            assertTrue(cache.size() * 2000L <= 1 << 20, "size " + cache.size());
        }
        assertTrue(cache.size() > 200, "size " + cache.size());
    }

    @Test
    void aHitAllocatesNothing() {
        TokenCache cache = new TokenCache();
        String token = mint().signed(RSA, "RS256");
        cache.keep(token, verified(NOW + 10));
        long bytes = AllocationCounter.bytes(() -> {
            if (cache.find(token, NOW) == null) {
                throw new IllegalStateException("a hit was wanted");
            }
        });
        assertEquals(0, bytes);
    }

    @Test
    void refusesASizeThatHoldsNothing() {
        assertThrows(IllegalArgumentException.class, () -> new TokenCache(1000, 100));
        assertThrows(IllegalArgumentException.class, () -> new TokenCache(1 << 20, 3));
    }

    @Test
    @Tag("slow")
    void heapStaysBoundedUnderAMillionTokens() {
        long before = heapUsed();
        TokenCache cache = new TokenCache();
        String filler = "x".repeat(1500);
        long most = 0;
        for (int i = 0; i < 1_000_000; i++) {
            String token = filler + i;
            cache.keep(token, verified(NOW + 10));
            cache.find(token, NOW);
            if (i % 100_000 == 99_999) {
                most = Math.max(most, heapUsed() - before);
            }
        }
        assertTrue(cache.size() > 5_000, "size " + cache.size());
        assertTrue(most <= TokenCache.BYTES_MAX_DEFAULT, "heap taken: " + most);
    }

    private static long heapUsed() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
