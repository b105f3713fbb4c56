// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.managedhsm.crypto.foreign.LibCrypto;
import dev.managedhsm.crypto.foreign.LibCryptoKeys;
import dev.managedhsm.crypto.foreign.LibraryFailure;
import dev.managedhsm.crypto.foreign.Secp256k1;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.memory.SecretCells;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * EC pairs on the curves of FIPS 186-5 and on secp256k1. Outside, the secret is the bare scalar; towards the libcrypto it
 * is ECPrivateKey (RFC 5915).
 */
public final class EcKeys {
    /** Longest ECPrivateKey with its public key, for P-521, with room to spare. */
    private static final int DER_LENGTH_MAX = 512;

    /** Tag of ECPrivateKey's curve (RFC 5915 section 3). */
    private static final int PARAMETERS = 0xa0;

    private EcKeys() {}

    /**
     * Makes a pair. Whether its halves belong together is for the caller to prove.
     *
     * @param secret where the scalar is written; the caller wipes it
     * @throws LibraryFailure if the library failed
     */
    public static NewKey generate(KeyClass keyClass, MemorySegment secret, SecretCells cells) {
        if (keyClass == KeyClass.P_256K && Secp256k1.available()) {
            return CurveKey.generate(secret, cells);
        }
        try (PairKey key = new PairKey(keyClass, generated(keyClass))) {
            copyScalar(key, secret);
            return new NewKey(keyClass.bytes(), publicPart(key));
        }
    }

    /**
     * Reads a pair.
     *
     * @param secret the scalar, as long as the curve's field
     * @throws LibraryFailure if the scalar is out of range or does not belong to the public part
     */
    public static LoadedKey load(KeyClass keyClass, PublicPart publicPart, MemorySegment secret, SecretCells cells) {
        if (secret.byteSize() != keyClass.bytes()) {
            throw new LibraryFailure("the secret is no key of class " + keyClass);
        }
        if (keyClass == KeyClass.P_256K && Secp256k1.available()) {
            return CurveKey.load(publicPart, secret, cells);
        }
        long address = parse(keyClass, secret, cells);
        if (address == 0) {
            LibCrypto.clearErrors();
            throw new LibraryFailure("the secret is no key of class " + keyClass);
        }
        PairKey key = new PairKey(keyClass, address);
        try {
            if (!LibCryptoKeys.sound(address) || !publicPart(key).equals(publicPart)) {
                LibCrypto.clearErrors();
                throw new LibraryFailure("the secret is no key of class " + keyClass + " with this public part");
            }
            return key;
        } catch (RuntimeException | Error e) {
            key.close();
            throw e;
        }
    }

    /**
     * The public part that belongs to a scalar.
     *
     * @param secret the scalar, as long as the curve's field, above zero and below the order of the base point
     * @throws LibraryFailure if it is not
     */
    public static PublicPart.Point point(KeyClass keyClass, MemorySegment secret, SecretCells cells) {
        if (keyClass == KeyClass.P_256K && Secp256k1.available()) {
            return CurveKey.point(secret, cells);
        }
        long address = parse(keyClass, secret, cells);
        if (address == 0) {
            LibCrypto.clearErrors();
            throw new LibraryFailure("the secret is no key of class " + keyClass);
        }
        try (PairKey key = new PairKey(keyClass, address)) {
            return publicPart(key);
        }
    }

    /** Takes the coordinates out of 0x04 ‖ x ‖ y (SEC 1 section 2.3.3). */
    static PublicPart.Point point(byte[] uncompressed, int length) {
        if (uncompressed.length != 1 + 2 * length || uncompressed[0] != 4) {
            LibCrypto.clearErrors();
            throw new LibraryFailure("the library tells no public part");
        }
        return new PublicPart.Point(
                Arrays.copyOfRange(uncompressed, 1, 1 + length),
                Arrays.copyOfRange(uncompressed, 1 + length, uncompressed.length));
    }

    private static PublicPart.Point publicPart(PairKey key) {
        return point(LibCryptoKeys.publicPart(key.address()), key.keyClass().bytes());
    }

    private static long generated(KeyClass keyClass) {
        long context = LibCryptoKeys.newGenerator(LibCryptoKeys.EC);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pointer = arena.allocate(JAVA_LONG);
            boolean made = context != 0
                    && LibCryptoKeys.generatorInit(context) == 1
                    && LibCryptoKeys.generatorCurve(context, curve(keyClass)) == 1
                    && LibCryptoKeys.generate(context, pointer.address()) == 1;
            if (!made) {
                LibCrypto.clearErrors();
                throw new LibraryFailure("the library could not make an EC key");
            }
            return pointer.get(JAVA_LONG, 0);
        } finally {
            LibCryptoKeys.freeContext(context);
        }
    }

    /** ECPrivateKey without the public key, which the library then computes itself. */
    private static long parse(KeyClass keyClass, MemorySegment scalar, SecretCells cells) {
        byte[] oid = oid(keyClass);
        int length = keyClass.bytes();
        MemorySegment der = cells.take();
        try {
            int content = 3 + DerWriter.elementLength(length) + DerWriter.elementLength(oid.length);
            int end = new DerWriter(der)
                    .header(Der.SEQUENCE, content)
                    .number(1)
                    .header(Der.OCTET_STRING, length)
                    .bytes(scalar)
                    .header(PARAMETERS, oid.length)
                    .bytes(oid)
                    .length();
            return LibCryptoKeys.parse(LibCryptoKeys.EC, der.asSlice(0, end));
        } finally {
            cells.give(der);
        }
    }

    private static void copyScalar(PairKey key, MemorySegment secret) {
        try (LockedMemory memory = LockedMemory.allocate(DER_LENGTH_MAX, "the encoding of a new key")) {
            MemorySegment der = memory.segment();
            int length = key.keyClass().bytes();
            int end = LibCryptoKeys.encode(key.address(), der);
            DerReader members = new DerReader(der.asSlice(0, end)).inside(Der.SEQUENCE);
            members.number(1);
            MemorySegment scalar = members.element(Der.OCTET_STRING);
            if (scalar.byteSize() != length) {
                LibCrypto.clearErrors();
                throw new LibraryFailure("a new EC key could not be encoded");
            }
            MemorySegment.copy(scalar, 0, secret, 0, length);
        }
    }

    /** The library's number of the curve (obj_mac.h, the same in AWS-LC and OpenSSL). */
    private static int curve(KeyClass keyClass) {
        return switch (keyClass) {
            case P_256 -> 415;
            case P_384 -> 715;
            case P_521 -> 716;
            case P_256K -> 714;
            default -> throw new IllegalStateException(keyClass + " is no curve");
        };
    }

    /** The curve's object identifier with tag and length (RFC 5480 section 2.1.1.1, SEC 2 section A.2.1). */
    static byte[] oid(KeyClass keyClass) {
        return HexFormat.of()
                .parseHex(
                        switch (keyClass) {
                            case P_256 -> "06082a8648ce3d030107";
                            case P_384 -> "06052b81040022";
                            case P_521 -> "06052b81040023";
                            case P_256K -> "06052b8104000a";
                            default -> throw new IllegalStateException(keyClass + " is no curve");
                        });
    }
}
