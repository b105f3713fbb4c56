// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.managedhsm.crypto.foreign.CryptoLibrary;
import dev.managedhsm.crypto.foreign.LibCrypto;
import dev.managedhsm.crypto.foreign.LibCryptoKeys;
import dev.managedhsm.crypto.foreign.LibraryFailure;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;

/**
 * RSA signatures: RSASSA-PKCS1-v1_5 and RSASSA-PSS (RFC 8017 section 8), and bare type-1 padding.
 *
 * <p>A fault during the private operation with the Chinese remainder theorem would give away the factors, so every
 * signature is checked before it leaves: by AWS-LC itself inside the private operation, with other libraries here.
 */
public final class RsaSignature {
    private static final boolean PROVES_ITSELF = CryptoLibrary.chosen().awsLc();

    private RsaSignature() {}

    /** Signs or verifies what the slot asks; lengths have been checked. */
    public static void execute(OperationSlot slot, PairKey key, Scratch scratch) {
        Algorithm algorithm = slot.algorithm();
        int padding = algorithm.family() == Algorithm.Family.RSA_PSS_SIGNATURE
                ? LibCryptoKeys.PSS_PADDING
                : LibCryptoKeys.PKCS1_PADDING;
        long digest = algorithm == Algorithm.RSNULL ? 0 : LibCrypto.sha2(algorithm.digestLength());
        long memory = slot.memory().address();
        long value = memory + slot.offset(Field.VALUE);
        int valueLength = slot.length(Field.VALUE);
        if (slot.operation() == Operation.SIGN) {
            long out = memory + OperationSlot.OUTPUT_VALUE;
            slot.done(sign(key, padding, digest, value, valueLength, out, scratch));
        } else {
            long signed = memory + slot.offset(Field.DIGEST);
            boolean good = verify(key, padding, digest, signed, slot.length(Field.DIGEST), value, valueLength);
            slot.end(good ? Outcome.SIGNATURE_VALID : Outcome.SIGNATURE_INVALID);
        }
    }

    private static int sign(
            PairKey key, int padding, long digest, long value, int valueLength, long out, Scratch scratch) {
        int room = key.keyClass().bytes();
        scratch.segment().set(JAVA_LONG, Scratch.LENGTH, room);
        long context = LibCryptoKeys.newContext(key.address());
        boolean signed = context != 0
                && LibCryptoKeys.signInit(context) == 1
                && prepare(context, padding, digest)
                && LibCryptoKeys.sign(context, out, scratch.address(Scratch.LENGTH), value, valueLength) == 1;
        LibCryptoKeys.freeContext(context);
        int length = (int) scratch.segment().get(JAVA_LONG, Scratch.LENGTH);
        if (!signed || length != room) {
            LibCrypto.clearErrors();
            throw new LibraryFailure("the library could not sign with RSA");
        }
        if (!PROVES_ITSELF && !verify(key, padding, digest, value, valueLength, out, length)) {
            throw new LibraryFailure("an RSA signature was wrong");
        }
        return length;
    }

    private static boolean verify(
            PairKey key, int padding, long digest, long signed, int signedLength, long signature, int length) {
        long context = LibCryptoKeys.newContext(key.address());
        boolean ready = context != 0 && LibCryptoKeys.verifyInit(context) == 1 && prepare(context, padding, digest);
        boolean good = ready && LibCryptoKeys.verify(context, signature, length, signed, signedLength) == 1;
        LibCryptoKeys.freeContext(context);
        if (!good) {
            LibCrypto.clearErrors();
        }
        if (!ready) {
            throw new LibraryFailure("the library could not verify with RSA");
        }
        return good;
    }

    /** PSS: MGF1 takes the signature's digest by default; the salt is as long, also as a demand on what is verified. */
    private static boolean prepare(long context, int padding, long digest) {
        return LibCryptoKeys.rsaPadding(context, padding) == 1
                && (digest == 0 || LibCryptoKeys.signatureDigest(context, digest) == 1)
                && (padding != LibCryptoKeys.PSS_PADDING
                        || LibCryptoKeys.pssSaltLength(context, LibCryptoKeys.SALT_AS_DIGEST) == 1);
    }
}
