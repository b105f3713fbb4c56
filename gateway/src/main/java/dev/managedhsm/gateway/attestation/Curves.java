// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.attestation;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.EllipticCurve;
import org.jspecify.annotations.Nullable;

/** The three curves of NIST that signatures of authorities may use (FIPS 186-5), as the JDK knows them. Any thread. */
final class Curves {
    private static final ECParameterSpec P_256 = curve("secp256r1");
    private static final ECParameterSpec P_384 = curve("secp384r1");
    private static final ECParameterSpec P_521 = curve("secp521r1");

    private Curves() {}

    /** Bits of the curve's field; 0 if it is none of the three. */
    static int bits(ECParameterSpec parameters) {
        for (ECParameterSpec curve : new ECParameterSpec[] {P_256, P_384, P_521}) {
            boolean same = curve.getCurve().equals(parameters.getCurve())
                    && curve.getGenerator().equals(parameters.getGenerator())
                    && curve.getOrder().equals(parameters.getOrder());
            if (same) {
                return curve.getCurve().getField().getFieldSize();
            }
        }
        return 0;
    }

    /** The public key of a JWK's members (RFC 7518 section 6.2.1), or null if it is none on its curve. */
    static @Nullable PublicKey key(String name, byte[] x, byte[] y) throws GeneralSecurityException {
        ECParameterSpec curve = switch (name) {
            case "P-256" -> P_256;
            case "P-384" -> P_384;
            case "P-521" -> P_521;
            default -> null;
        };
        int length = curve == null ? 0 : (curve.getCurve().getField().getFieldSize() + 7) / 8;
        if (curve == null || x.length != length || y.length != length) {
            return null;
        }
        BigInteger pointX = new BigInteger(1, x);
        BigInteger pointY = new BigInteger(1, y);
        return on(curve.getCurve(), pointX, pointY)
                ? KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(new ECPoint(pointX, pointY), curve))
                : null;
    }

    /** Public key validation (NIST SP 800-56A section 5.6.2.3.4); these curves have no smaller subgroup. */
    private static boolean on(EllipticCurve curve, BigInteger x, BigInteger y) {
        BigInteger prime = ((ECFieldFp) curve.getField()).getP();
        BigInteger right = x.pow(2).add(curve.getA()).multiply(x).add(curve.getB());
        return x.compareTo(prime) < 0
                && y.compareTo(prime) < 0
                && y.pow(2).subtract(right).mod(prime).signum() == 0;
    }

    private static ECParameterSpec curve(String name) {
        try {
            AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
            parameters.init(new ECGenParameterSpec(name));
            return parameters.getParameterSpec(ECParameterSpec.class);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no elliptic curves; run it with a complete JDK", e);
        }
    }
}
