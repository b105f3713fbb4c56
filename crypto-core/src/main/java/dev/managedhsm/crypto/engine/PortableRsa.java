// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.crypto.CryptoException;
import org.bouncycastle.crypto.Digest;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.digests.SHA1Digest;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.encodings.OAEPEncoding;
import org.bouncycastle.crypto.encodings.PKCS1Encoding;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.params.RSAKeyParameters;
import org.bouncycastle.crypto.params.RSAPrivateCrtKeyParameters;
import org.bouncycastle.crypto.signers.PSSSigner;

/** RSA signatures and encryption, RFC 8017. Belongs to one worker. */
final class PortableRsa {
    private static final byte[] SHA256_INFO = HexFormat.of().parseHex("3031300d060960864801650304020105000420");
    private static final byte[] SHA384_INFO = HexFormat.of().parseHex("3041300d060960864801650304020205000430");
    private static final byte[] SHA512_INFO = HexFormat.of().parseHex("3051300d060960864801650304020305000440");

    /** Bytes of padding string at least, section 7.2.1. */
    private static final int PKCS1_PADDING_LEAST = 8;

    private final SecureRandom random;

    PortableRsa(SecureRandom random) {
        this.random = random;
    }

    /** RSASSA-PKCS1-v1_5, section 8.2; verification encodes again and compares, so no padding is ever parsed. */
    void pkcs1Signature(OperationSlot slot, PortableKey key, HeapCopies copies) {
        CheckedRsa rsa = new CheckedRsa(random);
        if (slot.operation() == Operation.SIGN) {
            byte[] encoded = encoded(
                    slot.algorithm(),
                    copies.copy(slot, Field.VALUE),
                    key.keyClass().bytes());
            rsa.init(true, privateKey(key));
            Output.done(slot, rsa.processBlock(encoded, 0, encoded.length));
            return;
        }
        byte[] signature = copies.copy(slot, Field.VALUE);
        if (!belowModulus(signature, key)) {
            slot.end(Outcome.SIGNATURE_INVALID);
            return;
        }
        rsa.init(true, key.publicKey(RSAKeyParameters.class));
        byte[] opened = rsa.processBlock(signature, 0, signature.length);
        byte[] encoded = encoded(slot.algorithm(), copies.copy(slot, Field.DIGEST), opened.length);
        slot.end(MessageDigest.isEqual(opened, encoded) ? Outcome.SIGNATURE_VALID : Outcome.SIGNATURE_INVALID);
    }

    /** RSASSA-PSS, section 8.1, over a ready digest. */
    void pssSignature(OperationSlot slot, PortableKey key, HeapCopies copies) {
        int digestLength = slot.algorithm().digestLength();
        PSSSigner signer = PSSSigner.createRawSigner(
                new CheckedRsa(random),
                Digests.ofLength(digestLength),
                Digests.ofLength(digestLength),
                digestLength,
                PSSSigner.TRAILER_IMPLICIT);
        if (slot.operation() == Operation.SIGN) {
            signer.init(true, new ParametersWithRandom(privateKey(key), random));
            signer.update(copies.copy(slot, Field.VALUE), 0, digestLength);
            Output.done(slot, generate(signer));
            return;
        }
        byte[] signature = copies.copy(slot, Field.VALUE);
        signer.init(false, key.publicKey(RSAKeyParameters.class));
        signer.update(copies.copy(slot, Field.DIGEST), 0, digestLength);
        boolean valid = belowModulus(signature, key) && signer.verifySignature(signature);
        slot.end(valid ? Outcome.SIGNATURE_VALID : Outcome.SIGNATURE_INVALID);
    }

    /** RSAES-PKCS1-v1_5 and RSAES-OAEP, section 7. */
    void encryption(OperationSlot slot, PortableKey key, HeapCopies copies) {
        byte[] value = copies.copy(slot, Field.VALUE);
        boolean protects = slot.operation() == Operation.ENCRYPT || slot.operation() == Operation.WRAP_KEY;
        try {
            if (protects) {
                Output.done(slot, encrypted(slot.algorithm(), value, key.publicKey(RSAKeyParameters.class)));
            } else if (!belowModulus(value, key)) {
                slot.end(Outcome.DECRYPTION_FAILED);
            } else if (slot.algorithm() == Algorithm.RSA1_5) {
                decryptPkcs1(slot, value, key, copies);
            } else {
                OAEPEncoding oaep = oaep(slot.algorithm());
                oaep.init(false, new ParametersWithRandom(privateKey(key), random));
                Output.done(slot, copies.keep(oaep.processBlock(value, 0, value.length)));
            }
        } catch (InvalidCipherTextException badPadding) {
            slot.end(Outcome.DECRYPTION_FAILED);
        }
    }

    private byte[] encrypted(Algorithm algorithm, byte[] value, RSAKeyParameters publicKey)
            throws InvalidCipherTextException {
        ParametersWithRandom parameters = new ParametersWithRandom(publicKey, random);
        if (algorithm == Algorithm.RSA1_5) {
            PKCS1Encoding pkcs1 = new PKCS1Encoding(new CheckedRsa(random));
            pkcs1.init(true, parameters);
            return pkcs1.processBlock(value, 0, value.length);
        }
        OAEPEncoding oaep = oaep(algorithm);
        oaep.init(true, parameters);
        return oaep.processBlock(value, 0, value.length);
    }

    /**
     * Section 7.2.2. Which byte of the padding is wrong must not show in time, so there is no branch on any of them
     * until all have been looked at.
     */
    private void decryptPkcs1(OperationSlot slot, byte[] value, PortableKey key, HeapCopies copies) {
        CheckedRsa rsa = new CheckedRsa(random);
        rsa.init(true, privateKey(key));
        byte[] opened = copies.keep(rsa.processBlock(value, 0, value.length));
        int bad = opened[0] | (opened[1] ^ 2);
        int looking = -1;
        int zeroAt = 0;
        for (int i = 2; i < opened.length; i++) {
            int zero = ((opened[i] & 0xff) - 1) >> 31;
            zeroAt |= looking & zero & i;
            looking &= ~zero;
        }
        bad |= looking;
        bad |= (zeroAt - (PKCS1_PADDING_LEAST + 2)) >> 31;
        if (bad != 0) {
            slot.end(Outcome.DECRYPTION_FAILED);
            return;
        }
        Output.done(slot, copies.keep(Arrays.copyOfRange(opened, zeroAt + 1, opened.length)));
    }

    private OAEPEncoding oaep(Algorithm algorithm) {
        Digest digest = algorithm == Algorithm.RSA_OAEP ? new SHA1Digest() : SHA256Digest.newInstance();
        return new OAEPEncoding(new CheckedRsa(random), digest);
    }

    private static byte[] generate(PSSSigner signer) {
        try {
            return signer.generateSignature();
        } catch (CryptoException impossible) {
            throw new EngineFailure("RSASSA-PSS could not encode a digest");
        }
    }

    /** EMSA-PKCS1-v1_5, section 9.2: 00 01 ff… 00, DigestInfo, digest. */
    private static byte[] encoded(Algorithm algorithm, byte[] digest, int length) {
        byte[] info = switch (algorithm) {
            case RS256 -> SHA256_INFO;
            case RS384 -> SHA384_INFO;
            case RS512 -> SHA512_INFO;
            default -> new byte[0];
        };
        byte[] encoded = new byte[length];
        int infoAt = length - digest.length - info.length;
        encoded[1] = 1;
        Arrays.fill(encoded, 2, infoAt - 1, (byte) 0xff);
        System.arraycopy(info, 0, encoded, infoAt, info.length);
        System.arraycopy(digest, 0, encoded, infoAt + info.length, digest.length);
        return encoded;
    }

    private static boolean belowModulus(byte[] value, PortableKey key) {
        BigInteger modulus = key.publicKey(RSAKeyParameters.class).getModulus();
        return new BigInteger(1, value).compareTo(modulus) < 0;
    }

    private static RSAPrivateCrtKeyParameters privateKey(PortableKey key) {
        return RsaSecret.read(key.secret());
    }
}
