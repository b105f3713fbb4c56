// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.bouncycastle.crypto.params.RSAKeyParameters;
import org.bouncycastle.crypto.params.RSAPrivateCrtKeyParameters;
import org.junit.jupiter.api.Test;

final class CheckedRsaTest {
    private static final byte[] INPUT = HexFormat.of().parseHex("0123456789abcdef");

    private final RSAPrivateCrtKeyParameters key = RsaSecret.read(
            MemorySegment.ofArray(Bench.published(KeyClass.RSA_2048).secret()));

    @Test
    void comesBackWithThePublicKey() {
        PublicPart.Rsa part =
                (PublicPart.Rsa) Bench.published(KeyClass.RSA_2048).publicPart();
        CheckedRsa rsa = new CheckedRsa(new SecureRandom());
        rsa.init(true, key);
        byte[] lifted = rsa.processBlock(INPUT, 0, INPUT.length);
        rsa.init(
                false,
                new RSAKeyParameters(false, new BigInteger(1, part.modulus()), new BigInteger(1, part.exponent())));
        byte[] back = rsa.processBlock(lifted, 0, lifted.length);
        assertArrayEquals(new BigInteger(1, INPUT).toByteArray(), back);
    }

    /** One faulty half is all that an attacker needs to find the factors, so nothing may come out. */
    @Test
    void givesNothingWhenAHalfOfTheRemainderIsFaulty() {
        BigInteger two = BigInteger.TWO;
        fails(with(key.getDP().subtract(two), key.getDQ(), key.getQInv()));
        fails(with(key.getDP(), key.getDQ().subtract(two), key.getQInv()));
        fails(with(key.getDP(), key.getDQ(), key.getQInv().subtract(two)));
    }

    @Test
    void refusesAResultThatDoesNotLeadBackToTheInput() {
        BigInteger input = new BigInteger(1, INPUT);
        byte[] good = input.modPow(key.getExponent(), key.getModulus()).toByteArray();
        CheckedRsa.check(key, input, good);
        byte[] bad = Bench.flipped(good, 8 * good.length - 1);
        assertThrows(EngineFailure.class, () -> CheckedRsa.check(key, input, bad));
    }

    private RSAPrivateCrtKeyParameters with(BigInteger dP, BigInteger dQ, BigInteger qInv) {
        return new RSAPrivateCrtKeyParameters(
                key.getModulus(),
                key.getPublicExponent(),
                key.getExponent(),
                key.getP(),
                key.getQ(),
                dP,
                dQ,
                qInv,
                true);
    }

    private static void fails(RSAPrivateCrtKeyParameters faulty) {
        CheckedRsa rsa = new CheckedRsa(new SecureRandom());
        rsa.init(true, faulty);
        assertThrows(EngineFailure.class, () -> rsa.processBlock(INPUT, 0, INPUT.length));
    }
}
