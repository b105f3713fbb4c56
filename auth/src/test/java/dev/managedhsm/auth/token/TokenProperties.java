// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import static dev.managedhsm.auth.fixture.Issuers.*;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.managedhsm.auth.fixture.TokenMint;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;

class TokenProperties {
    private static final TokenVerifier VERIFIER = verifier();
    private static final String GOOD = mint().signed(EC, "ES256");

    @Property(tries = 1000)
    void anyOtherCharacterAnywhereRefusesTheToken(
            @ForAll @IntRange(max = 10_000) int place, @ForAll @IntRange(min = 0x20, max = 0x7e) char other) {
        int at = place % GOOD.length();
        if (GOOD.charAt(at) != other) {
            String changed = GOOD.substring(0, at) + other + GOOD.substring(at + 1);
            assertInstanceOf(Rejection.class, VERIFIER.verify(changed));
        }
    }

    @Property
    void anyTextIsRefusedWithoutAnException(@ForAll String text) {
        assertInstanceOf(Rejection.class, VERIFIER.verify(text));
    }

    @Property(tries = 300)
    void anyHeaderAndClaimsAreRefusedWithoutAnException(
            @ForAll @StringLength(max = 200) String header, @ForAll @StringLength(max = 200) String claims) {
        assertInstanceOf(Rejection.class, VERIFIER.verify(TokenMint.sign(EC, "ES256", header, claims)));
    }

    @Property
    void base64UrlIsReadAsItIsWritten(@ForAll byte[] bytes) {
        assertArrayEquals(bytes, Base64Url.decode(TokenMint.encode(bytes)));
    }

    @Property
    void base64UrlHasOneTextForEachBytes(@ForAll("base64UrlTexts") String text) {
        byte[] bytes = Base64Url.decode(text);
        if (bytes != null) {
            assertEquals(text, TokenMint.encode(bytes));
        }
    }

    @Provide
    Arbitrary<String> base64UrlTexts() {
        return Arbitraries.strings()
                .withCharRange('A', 'Z')
                .withCharRange('a', 'z')
                .withCharRange('0', '9')
                .withChars('-', '_')
                .ofMaxLength(12);
    }

    @Property
    void bearerHeaderHandsOutWhatItWasGiven(@ForAll byte[] bytes) {
        if (bytes.length > 0) {
            String token = TokenMint.encode(bytes);
            assertEquals(token, BearerHeader.token("Bearer " + token));
        }
    }
}
