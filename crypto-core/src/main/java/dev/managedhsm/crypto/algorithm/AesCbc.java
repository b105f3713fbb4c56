// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.foreign.LibCrypto;
import dev.managedhsm.crypto.foreign.LibCryptoCiphers;
import dev.managedhsm.crypto.foreign.LibraryFailure;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.lang.foreign.MemorySegment;

/**
 * AES-CBC (NIST SP 800-38A section 6.2), without padding or with that of RFC 5652 section 6.3.
 *
 * <p>The padding is put and taken here, because taking it must not tell by its time where it went wrong (Vaudenay). It
 * still tells good from bad: CBC without a MAC is for who cannot do without.
 */
public final class AesCbc {
    private static final int BLOCK_LENGTH = 16;

    private AesCbc() {}

    /** Encrypts or decrypts what the slot asks; lengths have been checked. */
    public static void execute(OperationSlot slot, SymmetricKey key, Scratch scratch) {
        MemorySegment memory = slot.memory();
        int length = slot.length(Field.VALUE);
        boolean pads = slot.algorithm().family() == Algorithm.Family.AES_CBC_PAD;
        long iv = memory.address() + slot.offset(Field.IV);
        long out = memory.address() + OperationSlot.OUTPUT_VALUE;
        if (slot.operation() == Operation.ENCRYPT) {
            MemorySegment.copy(memory, slot.offset(Field.VALUE), memory, OperationSlot.OUTPUT_VALUE, length);
            int whole = pads ? pad(memory, length) : length;
            process(key, iv, out, whole, out, 1, scratch);
            slot.done(whole);
            return;
        }
        process(key, iv, memory.address() + slot.offset(Field.VALUE), length, out, 0, scratch);
        int plain = pads ? unpaddedLength(memory, length) : length;
        if (plain >= 0) {
            LibCrypto.wipe(out + plain, length - plain); // the slot wipes what it was told of, and not the padding
            slot.done(plain);
        } else {
            LibCrypto.wipe(out, length);
            slot.end(Outcome.DECRYPTION_FAILED);
        }
    }

    private static int pad(MemorySegment memory, int length) {
        int count = BLOCK_LENGTH - length % BLOCK_LENGTH;
        for (int i = 0; i < count; i++) {
            memory.set(JAVA_BYTE, OperationSlot.OUTPUT_VALUE + (long) length + i, (byte) count);
        }
        return length + count;
    }

    /** Length without padding; -1 if the padding is bad. Looks at all 16 bytes of the last block, without branching on them. */
    private static int unpaddedLength(MemorySegment memory, int length) {
        int last = OperationSlot.OUTPUT_VALUE + length - 1;
        int count = memory.get(JAVA_BYTE, last) & 0xff;
        int bad = (count - 1) >> 31 | (BLOCK_LENGTH - count) >> 31; // all ones unless 1 <= count <= 16
        for (int i = 0; i < BLOCK_LENGTH; i++) {
            int inPadding = (i - count) >> 31;
            bad |= inPadding & ((memory.get(JAVA_BYTE, last - (long) i) & 0xff) ^ count);
        }
        int badMask = (bad | -bad) >> 31;
        return ((length - count) & ~badMask) | badMask;
    }

    private static void process(
            SymmetricKey key, long iv, long in, int length, long out, int encrypt, Scratch scratch) {
        long context = scratch.cipherContext();
        long cipher = LibCryptoCiphers.cbc(key.keyClass().bytes());
        boolean processed = LibCryptoCiphers.init(context, cipher, key.address(), iv, encrypt) == 1
                && LibCryptoCiphers.padding(context, 0) == 1
                && LibCryptoCiphers.update(context, out, scratch.address(Scratch.LENGTH), in, length) == 1;
        if (LibCryptoCiphers.reset(context) != 1 || !processed) {
            LibCrypto.clearErrors();
            throw new LibraryFailure("the library could not use AES-CBC");
        }
    }
}
