// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.operation.Algorithm;
import java.io.IOException;
import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPrivateKeySpec;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.PSSParameterSpec;
import java.security.spec.RSAPublicKeySpec;
import javax.crypto.Cipher;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.pkcs.RSAPrivateKey;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;

/** A published key as the JDK sees it, read from the same encodings. */
record JdkKey(PublicKey publicKey, PrivateKey privateKey) {
    static JdkKey of(KeyClass keyClass) throws GeneralSecurityException, IOException {
        KnownAnswer key = Bench.published(keyClass);
        return switch (key.publicPart()) {
            case PublicPart.Rsa rsa -> rsa(rsa, key.secret());
            case PublicPart.Point point -> ec(keyClass, point, key.secret());
            case PublicPart.None none -> throw new IllegalArgumentException("a symmetric key is no pair");
        };
    }

    static Key symmetric(KeyClass keyClass) {
        return new SecretKeySpec(Bench.published(keyClass).secret(), "AES");
    }

    private static JdkKey rsa(PublicPart.Rsa part, byte[] secret) throws GeneralSecurityException, IOException {
        AlgorithmIdentifier algorithm = new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE);
        byte[] pkcs8 = new PrivateKeyInfo(algorithm, RSAPrivateKey.getInstance(secret)).getEncoded();
        KeyFactory factory = KeyFactory.getInstance("RSA");
        RSAPublicKeySpec spec =
                new RSAPublicKeySpec(new BigInteger(1, part.modulus()), new BigInteger(1, part.exponent()));
        return new JdkKey(factory.generatePublic(spec), factory.generatePrivate(new PKCS8EncodedKeySpec(pkcs8)));
    }

    private static JdkKey ec(KeyClass keyClass, PublicPart.Point part, byte[] secret) throws GeneralSecurityException {
        AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
        parameters.init(new ECGenParameterSpec("secp" + keyClass.bits() + "r1"));
        ECParameterSpec curve = parameters.getParameterSpec(ECParameterSpec.class);
        ECPoint point = new ECPoint(new BigInteger(1, part.x()), new BigInteger(1, part.y()));
        KeyFactory factory = KeyFactory.getInstance("EC");
        return new JdkKey(
                factory.generatePublic(new ECPublicKeySpec(point, curve)),
                factory.generatePrivate(new ECPrivateKeySpec(new BigInteger(1, secret), curve)));
    }

    /** Size of the modulus of an RSA key, in bits. */
    int modulusBits() {
        return ((RSAPrivateCrtKey) privateKey).getModulus().bitLength();
    }

    /** The JDK's signature that hashes and signs as the algorithm does. */
    static Signature signature(Algorithm algorithm) throws GeneralSecurityException {
        int bits = 8 * algorithm.digestLength();
        return switch (algorithm.family()) {
            case RSA_PSS_SIGNATURE -> {
                Signature signature = Signature.getInstance("RSASSA-PSS");
                String hash = "SHA-" + bits;
                signature.setParameter(new PSSParameterSpec(hash, "MGF1", new MGF1ParameterSpec(hash), bits / 8, 1));
                yield signature;
            }
            case ECDSA -> Signature.getInstance("SHA" + bits + "withECDSAinP1363Format");
            default -> Signature.getInstance("SHA" + bits + "withRSA");
        };
    }

    /** The JDK's cipher that pads as the algorithm does. */
    static Cipher rsaCipher(Algorithm algorithm, int mode, Key key) throws GeneralSecurityException {
        if (algorithm == Algorithm.RSA1_5) {
            Cipher cipher = Cipher.getInstance("RSA/ECB/PKCS1Padding");
            cipher.init(mode, key);
            return cipher;
        }
        String hash = algorithm == Algorithm.RSA_OAEP ? "SHA-1" : "SHA-256";
        Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPPadding");
        cipher.init(
                mode,
                key,
                new OAEPParameterSpec(hash, "MGF1", new MGF1ParameterSpec(hash), PSource.PSpecified.DEFAULT));
        return cipher;
    }

    /** The JDK's name of an AES mode. */
    static String transformation(Algorithm.Family family) {
        return switch (family) {
            case AES_CBC -> "AES/CBC/NoPadding";
            case AES_CBC_PAD -> "AES/CBC/PKCS5Padding";
            case AES_KEY_WRAP -> "AES/KW/NoPadding";
            case AES_KEY_WRAP_PAD -> "AES/KWP/NoPadding";
            default -> throw new IllegalArgumentException("no deterministic AES mode");
        };
    }
}
