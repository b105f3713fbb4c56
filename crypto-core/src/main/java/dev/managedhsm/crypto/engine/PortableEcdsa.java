// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.math.BigInteger;
import java.util.Arrays;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.HMacDSAKCalculator;
import org.bouncycastle.util.BigIntegers;

/**
 * ECDSA over a ready digest, FIPS 186-5 section 6. Stateless.
 *
 * <p>Nonces are deterministic (RFC 6979): a machine resumed twice from one snapshot cannot sign two digests with one
 * nonce, which would give the key away.
 */
final class PortableEcdsa {
    private static final ECDomainParameters P_256 = curve("secp256r1");
    private static final ECDomainParameters P_384 = curve("secp384r1");
    private static final ECDomainParameters P_521 = curve("secp521r1");
    private static final ECDomainParameters P_256K = curve("secp256k1");

    private PortableEcdsa() {}

    /** The curve of an EC key class. */
    static ECDomainParameters domain(KeyClass keyClass) {
        return switch (keyClass) {
            case P_256 -> P_256;
            case P_384 -> P_384;
            case P_521 -> P_521;
            case P_256K -> P_256K;
            default -> throw new IllegalStateException(keyClass + " has no curve");
        };
    }

    /**
     * The public key of this part.
     *
     * @throws EngineFailure if it is no point on the curve (SP 800-56A section 5.6.2.3.4)
     */
    static ECPublicKeyParameters publicKey(KeyClass keyClass, PublicPart.Point point) {
        ECDomainParameters domain = domain(keyClass);
        if (point.x().length != keyClass.bytes() || point.y().length != keyClass.bytes()) {
            throw new EngineFailure("the coordinates have not the length of the curve's field");
        }
        try {
            BigInteger x = new BigInteger(1, point.x());
            BigInteger y = new BigInteger(1, point.y());
            return new ECPublicKeyParameters(domain.getCurve().createPoint(x, y), domain);
        } catch (IllegalArgumentException notOnCurve) {
            throw new EngineFailure("the public part is no point on the curve");
        }
    }

    /**
     * The private key with this scalar.
     *
     * @throws EngineFailure if the scalar has the wrong length or is not in [1, n)
     */
    static ECPrivateKeyParameters privateKey(KeyClass keyClass, byte[] scalar) {
        if (scalar.length != keyClass.bytes()) {
            throw new EngineFailure("the secret has not the length of a scalar of this curve");
        }
        try {
            return new ECPrivateKeyParameters(new BigInteger(1, scalar), domain(keyClass));
        } catch (IllegalArgumentException outOfRange) {
            throw new EngineFailure("the secret is no scalar of this curve");
        }
    }

    /** Signs or verifies; the signature is r ‖ s, each as long as the curve's field. */
    static void signature(OperationSlot slot, PortableKey key, HeapCopies copies) {
        if (slot.operation() == Operation.SIGN) {
            sign(slot, key, copies);
        } else {
            verify(slot, key, copies);
        }
    }

    private static void sign(OperationSlot slot, PortableKey key, HeapCopies copies) {
        KeyClass keyClass = key.keyClass();
        int digestLength = slot.algorithm().digestLength();
        ECDSASigner signer = new ECDSASigner(new HMacDSAKCalculator(Digests.ofLength(digestLength)));
        signer.init(true, privateKey(keyClass, key.secret(copies)));
        BigInteger[] rs = signer.generateSignature(copies.copy(slot, Field.VALUE));
        BigInteger order = signer.getOrder();
        // Whoever checks secp256k1 signatures may refuse the upper half of s, since n - s verifies as well.
        boolean high = keyClass == KeyClass.P_256K && rs[1].compareTo(order.shiftRight(1)) > 0;
        byte[] signature = new byte[2 * keyClass.bytes()];
        BigIntegers.asUnsignedByteArray(rs[0], signature, 0, keyClass.bytes());
        BigIntegers.asUnsignedByteArray(
                high ? order.subtract(rs[1]) : rs[1], signature, keyClass.bytes(), keyClass.bytes());
        Output.done(slot, signature);
    }

    private static void verify(OperationSlot slot, PortableKey key, HeapCopies copies) {
        int half = key.keyClass().bytes();
        byte[] signature = copies.copy(slot, Field.VALUE);
        BigInteger r = new BigInteger(1, Arrays.copyOfRange(signature, 0, half));
        BigInteger s = new BigInteger(1, Arrays.copyOfRange(signature, half, 2 * half));
        BigInteger order = domain(key.keyClass()).getN();
        boolean inRange = r.signum() > 0 && s.signum() > 0 && r.compareTo(order) < 0 && s.compareTo(order) < 0;
        ECDSASigner signer = new ECDSASigner();
        signer.init(false, key.publicKey(ECPublicKeyParameters.class));
        boolean valid = inRange && signer.verifySignature(copies.copy(slot, Field.DIGEST), r, s);
        slot.end(valid ? Outcome.SIGNATURE_VALID : Outcome.SIGNATURE_INVALID);
    }

    private static ECDomainParameters curve(String name) {
        X9ECParameters parameters = CustomNamedCurves.getByName(name);
        return new ECDomainParameters(parameters);
    }
}
