// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.attestation;

import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import org.jspecify.annotations.Nullable;

/**
 * The signatures that an authority may use (RFC 7518 section 3.1). That {@code none} and the algorithms with a shared
 * secret are missing is the point: a public key can never be taken for a secret.
 */
enum JwsAlgorithm {
    RS256(256, 0),
    RS384(384, 0),
    RS512(512, 0),
    PS256(256, 0),
    PS384(384, 0),
    PS512(512, 0),
    ES256(256, 256),
    ES384(384, 384),
    ES512(512, 521);

    private static final int MODULUS_BITS_MIN = 2048;
    private static final int MODULUS_BITS_MAX = 8192;

    private final int hashBits;
    private final int curveBits;

    JwsAlgorithm(int hashBits, int curveBits) {
        this.hashBits = hashBits;
        this.curveBits = curveBits;
    }

    /** The algorithm of this name, in exactly this spelling, or null. */
    static @Nullable JwsAlgorithm parse(String name) {
        for (JwsAlgorithm algorithm : values()) {
            if (algorithm.name().equals(name)) {
                return algorithm;
            }
        }
        return null;
    }

    /** Whether a key is of the type and size that the algorithm takes. */
    boolean fits(PublicKey key) {
        return switch (key) {
            case RSAPublicKey rsa ->
                curveBits == 0
                        && rsa.getModulus().bitLength() >= MODULUS_BITS_MIN
                        && rsa.getModulus().bitLength() <= MODULUS_BITS_MAX
                        && rsa.getPublicExponent().testBit(0)
                        && rsa.getPublicExponent().bitLength() > 1
                        && rsa.getPublicExponent().bitLength() <= Integer.SIZE;
            case ECPublicKey ec -> curveBits != 0 && Curves.bits(ec.getParams()) == curveBits;
            default -> false;
        };
    }

    /** Whether the signature over these bytes is this key's. Computes for up to a millisecond. */
    boolean verified(PublicKey key, byte[] signed, byte[] signature) {
        if (!fits(key) || signature.length != signatureLength(key)) {
            return false;
        }
        try {
            Signature verifier = signature();
            verifier.initVerify(key);
            verifier.update(signed);
            return verifier.verify(signature);
        } catch (GeneralSecurityException notASignature) {
            return false;
        }
    }

    private int signatureLength(PublicKey key) {
        return key instanceof RSAPublicKey rsa ? (rsa.getModulus().bitLength() + 7) / 8 : (curveBits + 7) / 8 * 2;
    }

    /** The JDK's signature of this name; ECDSA in the form of RFC 7518 section 3.4. */
    Signature signature() throws GeneralSecurityException {
        return switch (this) {
            case RS256, RS384, RS512 -> Signature.getInstance("SHA" + hashBits + "withRSA");
            case ES256, ES384, ES512 -> Signature.getInstance("SHA" + hashBits + "withECDSAinP1363Format");
            case PS256, PS384, PS512 -> {
                Signature signature = Signature.getInstance("RSASSA-PSS");
                String hash = "SHA-" + hashBits;
                signature.setParameter(new PSSParameterSpec(
                        hash, "MGF1", new MGF1ParameterSpec(hash), hashBits / 8, PSSParameterSpec.TRAILER_FIELD_BC));
                yield signature;
            }
        };
    }
}
