// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.algorithm.RsaNumbers;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.function.UnaryOperator;
import org.bouncycastle.crypto.params.RSAPrivateCrtKeyParameters;
import org.bouncycastle.util.BigIntegers;

/** The eight numbers of an RSA key that somebody made elsewhere, to be spoiled one by one. */
record ForeignRsa(
        BigInteger n,
        BigInteger e,
        BigInteger d,
        BigInteger p,
        BigInteger q,
        BigInteger dp,
        BigInteger dq,
        BigInteger qi) {
    static final BigInteger USUAL_EXPONENT = BigInteger.valueOf(65_537);

    /** The published key of a class. */
    static ForeignRsa published(KeyClass keyClass) {
        RSAPrivateCrtKeyParameters key =
                RsaSecret.read(MemorySegment.ofArray(Bench.published(keyClass).secret()));
        return new ForeignRsa(
                key.getModulus(),
                key.getPublicExponent(),
                key.getExponent(),
                key.getP(),
                key.getQ(),
                key.getDP(),
                key.getDQ(),
                key.getQInv());
    }

    /** All that follows from two factors, primes or not, and an exponent. */
    static ForeignRsa of(BigInteger p, BigInteger q, BigInteger e) {
        BigInteger p1 = p.subtract(BigInteger.ONE);
        BigInteger q1 = q.subtract(BigInteger.ONE);
        BigInteger d = e.modInverse(p1.multiply(q1).divide(p1.gcd(q1)));
        return new ForeignRsa(p.multiply(q), e, d, p, q, d.mod(p1), d.mod(q1), q.modInverse(p));
    }

    ForeignRsa withN(UnaryOperator<BigInteger> change) {
        return new ForeignRsa(change.apply(n), e, d, p, q, dp, dq, qi);
    }

    ForeignRsa withE(long other) {
        return new ForeignRsa(n, BigInteger.valueOf(other), d, p, q, dp, dq, qi);
    }

    ForeignRsa withD(UnaryOperator<BigInteger> change) {
        return new ForeignRsa(n, e, change.apply(d), p, q, dp, dq, qi);
    }

    ForeignRsa withP(BigInteger other) {
        return new ForeignRsa(n, e, d, other, q, dp, dq, qi);
    }

    ForeignRsa withDp(UnaryOperator<BigInteger> change) {
        return new ForeignRsa(n, e, d, p, q, change.apply(dp), dq, qi);
    }

    ForeignRsa withDq(UnaryOperator<BigInteger> change) {
        return new ForeignRsa(n, e, d, p, q, dp, change.apply(dq), qi);
    }

    ForeignRsa withQi(UnaryOperator<BigInteger> change) {
        return new ForeignRsa(n, e, d, p, q, dp, dq, change.apply(qi));
    }

    PublicPart publicPart() {
        return new PublicPart.Rsa(BigIntegers.asUnsignedByteArray(n), BigIntegers.asUnsignedByteArray(e));
    }

    /** The secret encoding. */
    byte[] secret() {
        try (Arena arena = Arena.ofConfined()) {
            BigInteger[] all = {n, e, d, p, q, dp, dq, qi};
            MemorySegment[] bytes = new MemorySegment[all.length];
            for (int i = 0; i < all.length; i++) {
                bytes[i] = arena.allocateFrom(JAVA_BYTE, BigIntegers.asUnsignedByteArray(all[i]));
            }
            MemorySegment out = arena.allocate(Engine.SECRET_LENGTH_MAX);
            RsaNumbers numbers =
                    new RsaNumbers(bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]);
            return out.asSlice(0, numbers.write(out)).toArray(JAVA_BYTE);
        }
    }
}
