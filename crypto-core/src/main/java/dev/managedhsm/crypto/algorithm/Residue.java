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
 * <p>So the library seals zeroes under a key of zeroes: with AES-GCM, which takes all the vector registers there are, at a length
 * that goes through its loop for many blocks as well as through that for the rest. Then the stack is overwritten.
 */
public final class Residue {
    private static final int LENGTH = 512 + 33;
    private static final int AAD_LENGTH = 29;
    private static final int KEY_LENGTH = 32;
    private static final boolean AWS_LC = CryptoLibrary.chosen().awsLc();

    /** All threads write the same to the same places. */
    private static final long ZEROES = zeroes(LENGTH);

    private static final long OUT = zeroes(LENGTH);
    private static final long TAG = zeroes(AesGcm.TAG_LENGTH);
    private static final long WRITTEN = zeroes(Long.BYTES);
    private static final long PREPARED =
            AWS_LC ? AwsLcCiphers.newGcm(AwsLcCiphers.gcm(KEY_LENGTH), ZEROES, KEY_LENGTH) : 0;

    private Residue() {}

    /**
     * Overwrites it: a microsecond. To be called where the computing was called or nearer to the thread's start, by a platform
     * thread; any number of them at once. Allocates nothing on the heap.
     *
     * @throws LibraryFailure if the library cannot encrypt
     */
    public static void overwrite() {
        boolean sealed = AWS_LC
                ? AwsLcCiphers.seal(PREPARED, OUT, TAG, WRITTEN, ZEROES, ZEROES, LENGTH, ZEROES, AAD_LENGTH) == 1
                : evp();
        NativeStack.wipe();
        if (!sealed) {
            LibCrypto.clearErrors();
            throw new LibraryFailure("the library could not encrypt with AES-GCM");
        }
    }

    private static boolean evp() {
        long context = LibCryptoCiphers.newContext();
        try {
            return LibCryptoCiphers.init(context, LibCryptoCiphers.gcm(KEY_LENGTH), ZEROES, ZEROES, 1) == 1
                    && LibCryptoCiphers.update(context, 0, WRITTEN, ZEROES, AAD_LENGTH) == 1
                    && LibCryptoCiphers.update(context, OUT, WRITTEN, ZEROES, LENGTH) == 1
                    && LibCryptoCiphers.finish(context, OUT + LENGTH, WRITTEN) == 1;
        } finally {
            LibCryptoCiphers.freeContext(context);
        }
    }

    private static long zeroes(int length) {
        MemorySegment zeroes = Arena.global().allocate(length, 64);
        return zeroes.address();
    }
}
