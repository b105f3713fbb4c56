// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Big numbers of the chosen libcrypto: the BN subset that AWS-LC and OpenSSL 3 share, for looking at keys that were made
 * elsewhere.
 *
 * <p>Pointers are addresses; 0 stands for none or for failure. A number belongs to who made it. A call that answers a
 * status answers 1 for success. Any thread.
 */
public final class LibCryptoNumbers {
    private static final CryptoLibrary LIBRARY = CryptoLibrary.chosen();
    private static final MethodHandle BIN2BN = LIBRARY.bind("BN_bin2bn", "pplp");
    private static final MethodHandle CLEAR_FREE = LIBRARY.bind("BN_clear_free", "vp");
    private static final MethodHandle NUM_BITS = LIBRARY.bind("BN_num_bits", "ip");
    private static final MethodHandle IS_ODD = LIBRARY.bind("BN_is_odd", "ip");
    private static final MethodHandle IS_ONE = LIBRARY.bind("BN_is_one", "ip");
    private static final MethodHandle CMP = LIBRARY.bind("BN_cmp", "ipp");
    private static final MethodHandle SUB = LIBRARY.bind("BN_sub", "ippp");
    private static final MethodHandle MUL = LIBRARY.bind("BN_mul", "ipppp");
    private static final MethodHandle MOD_MUL = LIBRARY.bind("BN_mod_mul", "ippppp");
    private static final MethodHandle IS_PRIME = LIBRARY.bind("BN_is_prime_fasttest_ex", "ipipip");
    private static final MethodHandle CTX_NEW = LIBRARY.bind("BN_CTX_new", "p");
    private static final MethodHandle CTX_FREE = LIBRARY.bind("BN_CTX_free", "vp");

    private LibCryptoNumbers() {}

    /** The number that these big-endian bytes stand for; 0 if there is no memory. */
    public static long number(MemorySegment bytes) {
        try {
            return (long) BIN2BN.invokeExact(bytes.address(), bytes.byteSize(), 0L);
        } catch (Throwable t) {
            throw Linkage.broken("BN_bin2bn", t);
        }
    }

    /** The number 1. */
    public static long unit() {
        try (Arena arena = Arena.ofConfined()) {
            return number(arena.allocateFrom(JAVA_BYTE, (byte) 1));
        }
    }

    /** Wipes and frees a number, or nothing if it is 0. */
    public static void free(long number) {
        try {
            CLEAR_FREE.invokeExact(number);
        } catch (Throwable t) {
            throw Linkage.broken("BN_clear_free", t);
        }
    }

    /** Bits of a number's magnitude. */
    public static int bits(long number) {
        try {
            return (int) NUM_BITS.invokeExact(number);
        } catch (Throwable t) {
            throw Linkage.broken("BN_num_bits", t);
        }
    }

    /** Whether a number is odd. */
    public static boolean odd(long number) {
        try {
            return (int) IS_ODD.invokeExact(number) == 1;
        } catch (Throwable t) {
            throw Linkage.broken("BN_is_odd", t);
        }
    }

    /** Whether a number is 1. */
    public static boolean one(long number) {
        try {
            return (int) IS_ONE.invokeExact(number) == 1;
        } catch (Throwable t) {
            throw Linkage.broken("BN_is_one", t);
        }
    }

    /** Negative, zero or positive as {@code a} is below, equal to or above {@code b}. */
    public static int compare(long a, long b) {
        try {
            return (int) CMP.invokeExact(a, b);
        } catch (Throwable t) {
            throw Linkage.broken("BN_cmp", t);
        }
    }

    /** Puts {@code a - b} into {@code out}. */
    public static int subtract(long out, long a, long b) {
        try {
            return (int) SUB.invokeExact(out, a, b);
        } catch (Throwable t) {
            throw Linkage.broken("BN_sub", t);
        }
    }

    /** Puts {@code a · b} into {@code out}. */
    public static int multiply(long out, long a, long b, long context) {
        try {
            return (int) MUL.invokeExact(out, a, b, context);
        } catch (Throwable t) {
            throw Linkage.broken("BN_mul", t);
        }
    }

    /** Puts {@code a · b mod modulus} into {@code out}. */
    public static int multiply(long out, long a, long b, long modulus, long context) {
        try {
            return (int) MOD_MUL.invokeExact(out, a, b, modulus, context);
        } catch (Throwable t) {
            throw Linkage.broken("BN_mod_mul", t);
        }
    }

    /** Miller-Rabin with this many random bases, small factors first: 1 probably prime, 0 composite, -1 failed. */
    public static int prime(long number, int rounds, long context) {
        try {
            return (int) IS_PRIME.invokeExact(number, rounds, context, 1, 0L);
        } catch (Throwable t) {
            throw Linkage.broken("BN_is_prime_fasttest_ex", t);
        }
    }

    /** Room for intermediate numbers, of one thread at a time; to be freed. */
    public static long newContext() {
        try {
            return (long) CTX_NEW.invokeExact();
        } catch (Throwable t) {
            throw Linkage.broken("BN_CTX_new", t);
        }
    }

    /** Frees a context, or nothing if it is 0. */
    public static void freeContext(long context) {
        try {
            CTX_FREE.invokeExact(context);
        } catch (Throwable t) {
            throw Linkage.broken("BN_CTX_free", t);
        }
    }
}
