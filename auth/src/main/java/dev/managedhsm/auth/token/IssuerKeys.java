// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.EllipticCurve;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads an issuer's JSON Web Key Set (RFC 7517). Keys that are not for verifying, or of a kind not spoken here, are left
 * out, as the standard's section 5 wishes. A key that is meant for us and wrong refuses the whole set: the keys in use
 * stay in use, and somebody has to look.
 */
final class IssuerKeys {
    private static final int MODULUS_BITS_MIN = 2048;
    private static final int MODULUS_BITS_MAX = 8192;

    /** Members only private and secret keys have (RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1). */
    private static final List<String> SECRET_MEMBERS = List.of("d", "p", "q", "dp", "dq", "qi", "oth", "k");

    private final String issuerName;
    private final Set<SignatureAlgorithm> allowed;

    private IssuerKeys(TokenIssuer issuer) {
        this.issuerName = issuer.name();
        this.allowed = issuer.algorithms();
    }

    /**
     * The usable keys by key id, at least one and at most {@link TrustedKeys#KEYS_MAX}.
     *
     * @param issuer whose they are; its algorithms decide which keys are usable
     * @param jwks the set's text
     * @throws IllegalArgumentException with a sentence for the operator, when the set cannot be used
     */
    static Map<String, IssuerKey> of(TokenIssuer issuer, String jwks) {
        return new IssuerKeys(issuer).read(jwks);
    }

    private Map<String, IssuerKey> read(String jwks) {
        Members set = Members.read(jwks);
        List<Members> listed = set == null ? null : set.objects("keys");
        if (listed == null) {
            throw refused("are no JSON Web Key Set");
        }
        Map<String, IssuerKey> keys = new HashMap<>();
        for (Members jwk : listed) {
            if (SECRET_MEMBERS.stream().anyMatch(jwk::has)) {
                throw refused("hold a private or secret key; publish public keys only");
            }
            String kid = jwk.text("kid");
            IssuerKey key = kid == null || kid.isEmpty() ? null : key(kid, jwk);
            if (kid != null && key != null && keys.put(kid, key) != null) {
                throw refused("hold two keys with one key id");
            }
        }
        if (keys.isEmpty()) {
            throw refused("hold no key that fits its signature algorithms");
        }
        if (keys.size() > TrustedKeys.KEYS_MAX) {
            throw refused("are more than " + TrustedKeys.KEYS_MAX);
        }
        return Map.copyOf(keys);
    }

    private @Nullable IssuerKey key(String kid, Members jwk) {
        Set<SignatureAlgorithm> algorithms = algorithms(jwk);
        if (algorithms.isEmpty()) {
            return null;
        }
        return "RSA".equals(jwk.text("kty")) ? rsaKey(kid, jwk, algorithms) : ecKey(kid, jwk, algorithms);
    }

    /** What the key may verify: its type, its curve, its declared use, and the issuer's allow-list must all agree. */
    private Set<SignatureAlgorithm> algorithms(Members jwk) {
        Set<SignatureAlgorithm> algorithms = EnumSet.noneOf(SignatureAlgorithm.class);
        boolean forVerifying = !jwk.has("use") || "sig".equals(jwk.text("use"));
        List<String> operations = jwk.texts("key_ops");
        if (jwk.has("key_ops") && (operations == null || !operations.contains("verify"))) {
            forVerifying = false;
        }
        for (SignatureAlgorithm algorithm : allowed) {
            boolean fits = algorithm.keyType().equals(jwk.text("kty"))
                    && (algorithm.curve().isEmpty() || algorithm.curve().equals(jwk.text("crv")))
                    && (!jwk.has("alg") || algorithm.name().equals(jwk.text("alg")));
            if (forVerifying && fits) {
                algorithms.add(algorithm);
            }
        }
        return algorithms;
    }

    private IssuerKey rsaKey(String kid, Members jwk, Set<SignatureAlgorithm> algorithms) {
        String n = jwk.text("n");
        String e = jwk.text("e");
        BigInteger modulus = unsigned(n);
        BigInteger exponent = unsigned(e);
        if (n == null || e == null || modulus == null || exponent == null) {
            throw refused("hold an RSA key without modulus or exponent");
        }
        if (modulus.bitLength() < MODULUS_BITS_MIN || modulus.bitLength() > MODULUS_BITS_MAX || !modulus.testBit(0)) {
            throw refused("hold an RSA key whose modulus is not one of 2048 to 8192 bits");
        }
        if (exponent.compareTo(BigInteger.TWO) <= 0 || !exponent.testBit(0) || exponent.bitLength() > 64) {
            throw refused("hold an RSA key whose exponent is even, below 3 or too large");
        }
        Map<String, Object> members = Map.of("kty", "RSA", "kid", kid, "n", n, "e", e);
        return new IssuerKey(members, algorithms, (modulus.bitLength() + 7) / 8);
    }

    private IssuerKey ecKey(String kid, Members jwk, Set<SignatureAlgorithm> algorithms) {
        SignatureAlgorithm algorithm = algorithms.iterator().next();
        int length = algorithm.coordinateLength();
        String x = jwk.text("x");
        String y = jwk.text("y");
        BigInteger pointX = coordinate(x, length);
        BigInteger pointY = coordinate(y, length);
        if (x == null || y == null || pointX == null || pointY == null) {
            throw refused("hold an EC key whose coordinates have not the curve's length");
        }
        if (!onCurve(pointX, pointY, algorithm)) {
            throw refused("hold an EC key that is not on its curve");
        }
        Map<String, Object> members = Map.of("kty", "EC", "kid", kid, "crv", algorithm.curve(), "x", x, "y", y);
        return new IssuerKey(members, algorithms, 2 * length);
    }

    /** Partial public key validation (SP 800-56A section 5.6.2.3.4); these curves have no smaller subgroup. */
    private static boolean onCurve(BigInteger x, BigInteger y, SignatureAlgorithm algorithm) {
        EllipticCurve curve = curve(algorithm);
        BigInteger prime = ((ECFieldFp) curve.getField()).getP();
        BigInteger right = x.pow(2).add(curve.getA()).multiply(x).add(curve.getB());
        return x.compareTo(prime) < 0
                && y.compareTo(prime) < 0
                && y.pow(2).subtract(right).mod(prime).signum() == 0;
    }

    private static EllipticCurve curve(SignatureAlgorithm algorithm) {
        try {
            AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
            parameters.init(new ECGenParameterSpec(algorithm == SignatureAlgorithm.ES256 ? "secp256r1" : "secp384r1"));
            return parameters.getParameterSpec(ECParameterSpec.class).getCurve();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no elliptic curves; run it with a complete JDK", e);
        }
    }

    private static @Nullable BigInteger unsigned(@Nullable String text) {
        byte[] bytes = text == null ? null : Base64Url.decode(text);
        return bytes == null || bytes.length == 0 ? null : new BigInteger(1, bytes);
    }

    private static @Nullable BigInteger coordinate(@Nullable String text, int length) {
        byte[] bytes = text == null ? null : Base64Url.decode(text);
        return bytes == null || bytes.length != length ? null : new BigInteger(1, bytes);
    }

    private IllegalArgumentException refused(String why) {
        return new IllegalArgumentException("The keys of token issuer " + issuerName + " " + why + ".");
    }
}
