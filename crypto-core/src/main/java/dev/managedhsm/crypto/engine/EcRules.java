// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFault;
import dev.managedhsm.crypto.key.PublicPart;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.math.ec.ECCurve;
import org.bouncycastle.util.BigIntegers;
import org.jspecify.annotations.Nullable;

/**
 * What must hold of an EC key that was made elsewhere, the same for every engine: NIST SP 800-56A section 5.6.2.3.3 for
 * the point, FIPS 186-5 appendix A.2 for the scalar. Stateless.
 *
 * <p>The point at infinity has no coordinates and so cannot be given. Every curve here has cofactor 1, so a point on it is
 * in the right group.
 */
final class EcRules {
    private EcRules() {}

    /** What is wrong with a point, or null. All of it is public. */
    static @Nullable KeyFault fault(KeyClass keyClass, PublicPart.Point point) {
        if (point.x().length != keyClass.bytes() || point.y().length != keyClass.bytes()) {
            return KeyFault.MALFORMED;
        }
        ECCurve curve = PortableEcdsa.domain(keyClass).getCurve();
        BigInteger prime = curve.getField().getCharacteristic();
        BigInteger x = new BigInteger(1, point.x());
        BigInteger y = new BigInteger(1, point.y());
        if (x.compareTo(prime) >= 0 || y.compareTo(prime) >= 0) {
            return KeyFault.COORDINATE;
        }
        BigInteger right = x.multiply(x)
                .add(curve.getA().toBigInteger())
                .multiply(x)
                .add(curve.getB().toBigInteger())
                .mod(prime);
        return y.multiply(y).mod(prime).equals(right) ? null : KeyFault.NOT_ON_CURVE;
    }

    /** What is wrong with a scalar, or null. Takes the same time for every scalar of a class. */
    static @Nullable KeyFault fault(KeyClass keyClass, MemorySegment scalar) {
        if (scalar.byteSize() != keyClass.bytes()) {
            return KeyFault.MALFORMED;
        }
        ECDomainParameters domain = PortableEcdsa.domain(keyClass);
        byte[] order = BigIntegers.asUnsignedByteArray(keyClass.bytes(), domain.getN());
        int borrow = 0;
        int any = 0;
        for (int i = order.length - 1; i >= 0; i--) {
            int octet = scalar.get(JAVA_BYTE, i) & 0xff;
            any |= octet;
            borrow = (octet - (order[i] & 0xff) - borrow) >>> 31;
        }
        return borrow == 1 && any != 0 ? null : KeyFault.SCALAR;
    }
}
