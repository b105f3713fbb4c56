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
import java.lang.foreign.Arena;

/**
 * RSA encryption: RSAES-PKCS1-v1_5 and RSAES-OAEP (RFC 8017 section 7).
 *
 * <p>The library looks at the padding in constant time and answers good or bad; nothing here looks at why it was bad
 * (Bleichenbacher, Manger). Whoever asks still learns good or bad, so RSA1_5 is for who cannot do without.
 */
public final class RsaEncryption {
    private static final boolean AWS_LC = CryptoLibrary.chosen().awsLc();

    /** OpenSSL since 3.2 invents a plaintext where the padding is bad; we answer that it is bad. */
    private static final long IMPLICIT_REJECTION = text("rsa_pkcs1_implicit_rejection");

    private static final long OFF = text("0");

    private RsaEncryption() {}

    /** Encrypts, decrypts, wraps or unwraps what the slot asks; lengths have been checked. */
    public static void execute(OperationSlot slot, PairKey key, Scratch scratch) {
        boolean protects = slot.operation() == Operation.ENCRYPT || slot.operation() == Operation.WRAP_KEY;
        long memory = slot.memory().address();
        long in = memory + slot.offset(Field.VALUE);
        int inLength = slot.length(Field.VALUE);
        long out = memory + OperationSlot.OUTPUT_VALUE;
        int room = key.keyClass().bytes();
        scratch.segment().set(JAVA_LONG, Scratch.LENGTH, room);
        long outLength = scratch.address(Scratch.LENGTH);
        long context = LibCryptoKeys.newContext(key.address());
        boolean ready = context != 0 && prepare(context, slot.algorithm(), protects);
        boolean good = ready
                && (protects
                        ? LibCryptoKeys.encrypt(context, out, outLength, in, inLength) == 1
                        : LibCryptoKeys.decrypt(context, out, outLength, in, inLength) == 1);
        LibCryptoKeys.freeContext(context);
        if (good) {
            slot.done((int) scratch.segment().get(JAVA_LONG, Scratch.LENGTH));
            return;
        }
        LibCrypto.clearErrors();
        if (!ready || protects) {
            throw new LibraryFailure("the library could not use an RSA key");
        }
        LibCrypto.wipe(out, room);
        slot.end(Outcome.DECRYPTION_FAILED);
    }

    /** OAEP: MGF1 takes the label's digest by default, and the label is empty. */
    private static boolean prepare(long context, Algorithm algorithm, boolean protects) {
        int started = protects ? LibCryptoKeys.encryptInit(context) : LibCryptoKeys.decryptInit(context);
        if (started != 1) {
            return false;
        }
        if (algorithm != Algorithm.RSA1_5) {
            return oaep(context, algorithm == Algorithm.RSA_OAEP ? LibCrypto.SHA1 : LibCrypto.SHA256);
        }
        if (LibCryptoKeys.rsaPadding(context, LibCryptoKeys.PKCS1_PADDING) != 1) {
            return false;
        }
        if (!AWS_LC && !protects && LibCryptoKeys.control(context, IMPLICIT_REJECTION, OFF) != 1) {
            LibCrypto.clearErrors(); // a library that does not know the option does not invent plaintexts
        }
        return true;
    }

    /** Makes a context that encrypts or decrypts do so with OAEP; one digest for both label and MGF1. */
    static boolean oaep(long context, long digest) {
        return LibCryptoKeys.rsaPadding(context, LibCryptoKeys.OAEP_PADDING) == 1
                && LibCryptoKeys.oaepDigest(context, digest) == 1;
    }

    private static long text(String text) {
        return Arena.global().allocateFrom(text).address();
    }
}
