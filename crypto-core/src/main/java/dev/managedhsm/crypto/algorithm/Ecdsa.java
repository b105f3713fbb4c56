// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.managedhsm.crypto.foreign.LibCrypto;
import dev.managedhsm.crypto.foreign.LibCryptoKeys;
import dev.managedhsm.crypto.foreign.LibraryFailure;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.lang.foreign.MemorySegment;

/**
 * ECDSA (FIPS 186-5 section 6) by the libcrypto. The library speaks DER (RFC 3279 section 2.2.3), callers speak r ‖ s of
 * fixed length (RFC 7518 section 3.4); the conversion sees public bytes only.
 */
public final class Ecdsa {
    private Ecdsa() {}

    /** Signs or verifies what the slot asks; lengths have been checked. */
    public static void execute(OperationSlot slot, PairKey key, Scratch scratch) {
        MemorySegment memory = slot.memory();
        int valueAt = slot.offset(Field.VALUE);
        int valueLength = slot.length(Field.VALUE);
        int half = key.keyClass().bytes();
        if (slot.operation() == Operation.SIGN) {
            int der = sign(key, memory.address() + valueAt, valueLength, scratch);
            fixed(scratch, der, memory, half);
            slot.done(2 * half);
        } else {
            long digest = memory.address() + slot.offset(Field.DIGEST);
            int der = encoded(memory, valueAt, half, scratch);
            boolean good = verify(key, digest, slot.length(Field.DIGEST), der, scratch);
            slot.end(good ? Outcome.SIGNATURE_VALID : Outcome.SIGNATURE_INVALID);
        }
    }

    /** Leaves DER in the scratch and answers its length. */
    private static int sign(PairKey key, long digest, int digestLength, Scratch scratch) {
        scratch.segment().set(JAVA_LONG, Scratch.LENGTH, Scratch.SIGNATURE_LENGTH_MAX);
        long context = LibCryptoKeys.newContext(key.address());
        boolean signed = context != 0
                && LibCryptoKeys.signInit(context) == 1
                && LibCryptoKeys.sign(
                                context,
                                scratch.address(Scratch.SIGNATURE),
                                scratch.address(Scratch.LENGTH),
                                digest,
                                digestLength)
                        == 1;
        LibCryptoKeys.freeContext(context);
        if (!signed) {
            LibCrypto.clearErrors();
            throw new LibraryFailure("the library could not sign with ECDSA");
        }
        return (int) scratch.segment().get(JAVA_LONG, Scratch.LENGTH);
    }

    /** Takes DER from the scratch. The library refuses r and s that are 0 or not below the order. */
    private static boolean verify(PairKey key, long digest, int digestLength, int der, Scratch scratch) {
        long context = LibCryptoKeys.newContext(key.address());
        boolean ready = context != 0 && LibCryptoKeys.verifyInit(context) == 1;
        boolean good = ready
                && LibCryptoKeys.verify(context, scratch.address(Scratch.SIGNATURE), der, digest, digestLength) == 1;
        LibCryptoKeys.freeContext(context);
        if (!good) {
            LibCrypto.clearErrors();
        }
        if (!ready) {
            throw new LibraryFailure("the library could not verify with ECDSA");
        }
        return good;
    }

    /** Takes r and s out of the DER in the scratch and right-aligns each in its half of the output. */
    private static void fixed(Scratch scratch, int length, MemorySegment memory, int half) {
        DerReader reader = scratch.reader();
        reader.restart(Scratch.SIGNATURE, Scratch.SIGNATURE + length);
        int content = reader.enter(Der.SEQUENCE);
        reader.expect(reader.at() + content == Scratch.SIGNATURE + length);
        for (int part = 0; part < 2; part++) {
            int digits = reader.enterUnsigned();
            reader.expect(digits <= half);
            int zeroes = half - Math.min(digits, half);
            int out = OperationSlot.OUTPUT_VALUE + part * half;
            for (int i = 0; i < zeroes; i++) {
                memory.set(JAVA_BYTE, out + (long) i, (byte) 0);
            }
            MemorySegment.copy(scratch.segment(), reader.at(), memory, out + (long) zeroes, half - zeroes);
            reader.pass(digits);
        }
        if (!reader.ended()) {
            throw new LibraryFailure("the library made a malformed signature");
        }
    }

    /** Writes r ‖ s as DER into the scratch and answers its length. */
    private static int encoded(MemorySegment memory, int valueAt, int half, Scratch scratch) {
        int s = valueAt + half;
        int content = DerWriter.unsignedLength(memory, valueAt, half) + DerWriter.unsignedLength(memory, s, half);
        DerWriter writer = scratch.writer();
        writer.restart(Scratch.SIGNATURE);
        writer.header(Der.SEQUENCE, content).unsigned(memory, valueAt, half).unsigned(memory, s, half);
        return writer.length() - Scratch.SIGNATURE;
    }
}
