// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.managedhsm.crypto.foreign.LibCrypto;
import dev.managedhsm.crypto.foreign.LibCryptoKeys;
import dev.managedhsm.crypto.foreign.LibCryptoNumbers;
import dev.managedhsm.crypto.foreign.LibraryFailure;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;

/** RSA pairs: made (FIPS 186-5 appendix A.1), read from and written as RSAPrivateKey (RFC 8017 A.1.2). */
public final class RsaKeys {
    private RsaKeys() {}

    /**
     * Makes a pair. Whether its halves belong together is for the caller to prove.
     *
     * @param publicExponent odd, above 2^16, at most 32 bits
     * @param secret where the DER is written; the caller wipes it
     * @throws LibraryFailure if the library failed
     */
    public static NewKey generate(KeyClass keyClass, long publicExponent, MemorySegment secret) {
        try (PairKey key = new PairKey(keyClass, generated(keyClass, publicExponent))) {
            int length = LibCryptoKeys.encode(key.address(), secret);
            if (length == 0) {
                LibCrypto.clearErrors();
                throw new LibraryFailure("a new RSA key could not be encoded");
            }
            return new NewKey(length, publicPart(key.address()));
        }
    }

    /**
     * Reads a pair and checks that all its numbers belong together. AWS-LC does so while it reads (0.5 ms); OpenSSL only
     * when asked, and then proves the factors to be primes too (tens of milliseconds).
     *
     * @throws LibraryFailure if the bytes are no key of this class with this public part
     */
    public static PairKey load(KeyClass keyClass, PublicPart publicPart, MemorySegment secret) {
        // The library is lenient: OpenSSL takes other forms of the same numbers, so that one key had many encodings.
        long address = RsaNumbers.read(secret) == null ? 0 : LibCryptoKeys.parse(LibCryptoKeys.RSA, secret);
        if (address == 0) {
            LibCrypto.clearErrors();
            throw new LibraryFailure("the secret is no key of class " + keyClass);
        }
        PairKey key = new PairKey(keyClass, address);
        try {
            PublicPart.Rsa own = publicPart(address);
            boolean rightSize = own.modulus().length == keyClass.bytes() && own.modulus()[0] < 0;
            if (!rightSize || !own.equals(publicPart)) {
                throw new LibraryFailure("the secret is no key of class " + keyClass + " with this public part");
            }
            if (!LibCryptoKeys.sound(address)) {
                throw new LibraryFailure("the parts of the secret do not belong together");
            }
            return key;
        } catch (RuntimeException | Error e) {
            key.close();
            LibCrypto.clearErrors();
            throw e;
        }
    }

    private static long generated(KeyClass keyClass, long publicExponent) {
        long context = LibCryptoKeys.newGenerator(LibCryptoKeys.RSA);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pointer = arena.allocate(JAVA_LONG);
            boolean made = context != 0
                    && LibCryptoKeys.generatorInit(context) == 1
                    && LibCryptoKeys.generatorBits(context, keyClass.bits()) == 1
                    && exponent(context, publicExponent, arena)
                    && LibCryptoKeys.generate(context, pointer.address()) == 1;
            if (!made) {
                LibCrypto.clearErrors();
                throw new LibraryFailure("the library could not make an RSA key");
            }
            return pointer.get(JAVA_LONG, 0);
        } finally {
            LibCryptoKeys.freeContext(context);
        }
    }

    private static boolean exponent(long context, long publicExponent, Arena arena) {
        MemorySegment bytes = arena.allocate(JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN));
        bytes.set(JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN), 0, publicExponent);
        long number = LibCryptoNumbers.number(bytes);
        boolean set = number != 0 && LibCryptoKeys.generatorExponent(context, number) == 1;
        if (!set) {
            LibCryptoNumbers.free(number);
        }
        return set;
    }

    /** Takes modulus and exponent out of RSAPublicKey (RFC 8017 A.1.1). */
    private static PublicPart.Rsa publicPart(long key) {
        DerReader file = new DerReader(MemorySegment.ofArray(LibCryptoKeys.publicPart(key)));
        DerReader numbers = file.inside(Der.SEQUENCE);
        MemorySegment modulus = numbers.unsigned();
        MemorySegment exponent = numbers.unsigned();
        if (!numbers.ended() || !file.ended()) {
            throw new LibraryFailure("the library tells no public part");
        }
        return new PublicPart.Rsa(modulus.toArray(JAVA_BYTE), exponent.toArray(JAVA_BYTE));
    }
}
