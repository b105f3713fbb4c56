// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.algorithm.RsaNumbers;
import dev.managedhsm.crypto.foreign.LibCrypto;
import dev.managedhsm.crypto.foreign.LibCryptoNumbers;
import java.lang.foreign.MemorySegment;

/** Arithmetic inside the libcrypto, which wipes what it held. */
final class NativeArithmetic implements RsaArithmetic {
    private final long[] numbers = new long[RsaNumbers.COUNT];
    private final long result;
    private final long reduced;
    private final long one;
    private final long context;

    @SuppressWarnings("this-escape") // closed at once where the library has no memory
    NativeArithmetic(RsaNumbers key) {
        MemorySegment[] all = key.all();
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = LibCryptoNumbers.number(all[i]);
        }
        result = LibCryptoNumbers.number(MemorySegment.NULL);
        reduced = LibCryptoNumbers.number(MemorySegment.NULL);
        one = LibCryptoNumbers.unit();
        context = LibCryptoNumbers.newContext();
        boolean whole = result != 0 && reduced != 0 && one != 0 && context != 0;
        for (long number : numbers) {
            whole &= number != 0;
        }
        if (!whole) {
            close();
            throw failure();
        }
    }

    private static EngineFailure failure() {
        LibCrypto.clearErrors();
        return new EngineFailure("the library could not calculate");
    }

    private static void done(int status) {
        if (status != 1) {
            throw failure();
        }
    }

    private long at(Number number) {
        return numbers[number.ordinal()];
    }

    @Override
    public int bits(Number number) {
        return LibCryptoNumbers.bits(at(number));
    }

    @Override
    public boolean odd(Number number) {
        return LibCryptoNumbers.odd(at(number));
    }

    @Override
    public boolean below(Number number, Number limit) {
        return LibCryptoNumbers.compare(at(number), at(limit)) < 0;
    }

    @Override
    public int distanceBits() {
        done(LibCryptoNumbers.subtract(result, at(Number.P), at(Number.Q)));
        return LibCryptoNumbers.bits(result);
    }

    @Override
    public boolean product() {
        done(LibCryptoNumbers.multiply(result, at(Number.P), at(Number.Q), context));
        return LibCryptoNumbers.compare(result, at(Number.N)) == 0;
    }

    @Override
    public boolean inverses(Number one, Number other, Number prime) {
        return inverses(one, other, at(prime));
    }

    @Override
    public boolean inversesLessOne(Number one, Number other, Number prime) {
        done(LibCryptoNumbers.subtract(reduced, at(prime), this.one));
        return inverses(one, other, reduced);
    }

    private boolean inverses(Number one, Number other, long modulus) {
        done(LibCryptoNumbers.multiply(result, at(one), at(other), modulus, context));
        return LibCryptoNumbers.one(result);
    }

    @Override
    public boolean prime(Number number) {
        int answer = LibCryptoNumbers.prime(at(number), RsaRules.PRIME_ROUNDS, context);
        if (answer < 0) {
            throw failure();
        }
        return answer == 1;
    }

    @Override
    public void close() {
        for (long number : numbers) {
            LibCryptoNumbers.free(number);
        }
        LibCryptoNumbers.free(result);
        LibCryptoNumbers.free(reduced);
        LibCryptoNumbers.free(one);
        LibCryptoNumbers.freeContext(context);
    }
}
