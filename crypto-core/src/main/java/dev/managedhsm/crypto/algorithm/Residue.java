// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import dev.managedhsm.crypto.foreign.AwsLcCiphers;
import dev.managedhsm.crypto.foreign.CryptoLibrary;
import dev.managedhsm.crypto.foreign.LibCrypto;
import dev.managedhsm.crypto.foreign.LibCryptoCiphers;
import dev.managedhsm.crypto.foreign.LibraryFailure;
import dev.managedhsm.crypto.memory.NativeStack;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What computing with secrets leaves in the calling thread's vector registers and on its stack. The library's code for AES keeps
 * round keys and blocks in these registers when it ends, and the JVM saves all registers on the stack now and then, so that
 * overwriting the stack alone would not do.
 *
 * <p>So the library seals zeroes under a key of zeroes: with AES-GCM, whose code takes more of these registers than any other, at a
 * length that goes through its loop for many blocks as well as through that for the rest. Then the stack is overwritten.
 */
public final class Residue {
    private static final int LENGTH = 512 + 33;
    private static final int AAD_LENGTH = 29;
    private static final int KEY_LENGTH = 32;

    /** Where the tag and a length are written, behind the ciphertext. */
    private static final int TAG = 560;

    private static final int WRITTEN = 576;
    private static final boolean AWS_LC = CryptoLibrary.chosen().awsLc();

    private static final long ZEROES = zeroes(LENGTH);

    /** For threads without a scratch: all of them write the same to the same place, ciphertext, tag and length. */
    private static final long OUT = zeroes(WRITTEN + Long.BYTES);

    private static final long PREPARED = prepared();

    private Residue() {}

    private static long prepared() {
        long prepared = AWS_LC ? AwsLcCiphers.newGcm(AwsLcCiphers.gcm(KEY_LENGTH), ZEROES, KEY_LENGTH) : 0;
        if (AWS_LC && prepared == 0) {
            throw new IllegalStateException("no memory for a key of zeroes");
        }
        return prepared;
    }

    /**
     * Overwrites it: a microsecond. To be called where the computing was called or a few frames nearer to the thread's start, by a
     * platform thread; any number of them at once.
     *
     * @throws LibraryFailure if the library cannot encrypt; the stack is overwritten nevertheless
     */
    public static void overwrite() {
        long context = AWS_LC ? 0 : LibCryptoCiphers.newContext();
        try {
            overwrite(context, OUT);
        } finally {
            if (context != 0) {
                LibCryptoCiphers.freeContext(context);
            }
        }
    }

    /**
     * The same for a worker's thread, in memory of its own. Allocates nothing; takes no lock with AWS-LC.
     *
     * @param scratch the worker's
     * @throws LibraryFailure if the library cannot encrypt; the stack is overwritten nevertheless
     */
    public static void overwrite(Scratch scratch) {
        overwrite(scratch.cipherContext(), scratch.address(Scratch.RESIDUE));
    }

    private static void overwrite(long context, long out) {
        boolean sealed;
        try {
            sealed = AWS_LC
                    ? AwsLcCiphers.seal(
                                    PREPARED, out, out + TAG, out + WRITTEN, ZEROES, ZEROES, LENGTH, ZEROES, AAD_LENGTH)
                            == 1
                    : context != 0 && evp(context, out, out + WRITTEN);
        } finally {
            NativeStack.wipe();
        }
        if (!sealed) {
            LibCrypto.clearErrors();
            throw new LibraryFailure("the library could not encrypt with AES-GCM");
        }
    }

    private static boolean evp(long context, long out, long written) {
        boolean done = LibCryptoCiphers.init(context, LibCryptoCiphers.gcm(KEY_LENGTH), ZEROES, ZEROES, 1) == 1
                && LibCryptoCiphers.update(context, 0, written, ZEROES, AAD_LENGTH) == 1
                && LibCryptoCiphers.update(context, out, written, ZEROES, LENGTH) == 1
                && LibCryptoCiphers.finish(context, out + LENGTH, written) == 1;
        return LibCryptoCiphers.reset(context) == 1 && done;
    }

    private static long zeroes(int length) {
        MemorySegment zeroes = Arena.global().allocate(length, 64);
        return zeroes.address();
    }
}
