// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Private keys as others exchange them, and back into the HSM's secret encodings: PrivateKeyInfo (RFC 5208), which is
 * OneAsymmetricKey of RFC 5958 with version 0. Works in the caller's memory, makes no copy of a secret and needs no
 * library. Stateless; any thread.
 *
 * <pre>
 *   30 len  02 01 00                                   version
 *           30 len  06 … rsaEncryption       05 00     algorithm
 *           04 len  RSAPrivateKey (RFC 8017 A.1.2)
 *
 *   30 len  02 01 00
 *           30 len  06 … ecPublicKey         06 … curve
 *           04 len  30 len  02 01 01                   ECPrivateKey (RFC 5915)
 *                           04 len scalar
 *                           a0 len 06 … curve
 *                           a1 len 03 len 00 04 x y
 * </pre>
 */
public final class Pkcs8 {
    /** Room that any key of this HSM takes, in bytes: RSA-4096 is 2.4 KB. */
    public static final int LENGTH_MAX = 4096 + 64;

    private static final byte[] RSA_ALGORITHM = hex("300d06092a864886f70d0101010500");
    private static final byte[] EC_OID = hex("06072a8648ce3d0201");

    private static final KeyClass[] RSA_CLASSES = {KeyClass.RSA_2048, KeyClass.RSA_3072, KeyClass.RSA_4096};
    private static final KeyClass[] CURVES = {KeyClass.P_256, KeyClass.P_384, KeyClass.P_521, KeyClass.P_256K};

    private static final int BIT_STRING = 0x03;
    private static final int ATTRIBUTES = 0xa0;
    private static final int PARAMETERS = 0xa0;
    private static final int PUBLIC_KEY = 0xa1;
    private static final int UNCOMPRESSED = 0x04;

    private Pkcs8() {}

    /**
     * What was in an encoding. That its numbers belong together is for an engine to find out.
     *
     * @param keyClass type and size
     * @param publicPart the public part; null for an EC key that came without
     * @param secretLength length of the secret encoding, in bytes
     */
    public record Pair(KeyClass keyClass, @Nullable PublicPart publicPart, int secretLength) {}

    /**
     * Encodes an RSA or EC key.
     *
     * @param secret its secret encoding, off-heap
     * @param out at least {@link #LENGTH_MAX} bytes, off-heap; the caller wipes it
     * @return the length, in bytes
     */
    public static int encode(KeyClass keyClass, PublicPart publicPart, MemorySegment secret, MemorySegment out) {
        DerWriter writer = new DerWriter(out);
        switch (keyClass.type()) {
            case RSA -> {
                int key = (int) secret.byteSize();
                int content = 3 + RSA_ALGORITHM.length + DerWriter.elementLength(key);
                writer.header(Der.SEQUENCE, content);
                writer.number(0).bytes(RSA_ALGORITHM).header(Der.OCTET_STRING, key);
                writer.bytes(secret);
            }
            case EC -> encodeEc(writer, keyClass, (PublicPart.Point) publicPart, secret);
            case OCT -> throw new IllegalStateException("a symmetric key is no pair");
        }
        return writer.length();
    }

    private static void encodeEc(DerWriter writer, KeyClass keyClass, PublicPart.Point point, MemorySegment scalar) {
        byte[] oid = EcKeys.oid(keyClass);
        int algorithm = EC_OID.length + oid.length;
        int bits = 2 + 2 * keyClass.bytes();
        int publicKey = DerWriter.elementLength(bits);
        int key = 3
                + DerWriter.elementLength(keyClass.bytes())
                + DerWriter.elementLength(oid.length)
                + DerWriter.elementLength(publicKey);
        int octets = DerWriter.elementLength(key);
        int content = 3 + DerWriter.elementLength(algorithm) + DerWriter.elementLength(octets);
        writer.header(Der.SEQUENCE, content);
        writer.number(0).header(Der.SEQUENCE, algorithm).bytes(EC_OID).bytes(oid);
        writer.header(Der.OCTET_STRING, octets).header(Der.SEQUENCE, key);
        writer.number(1).header(Der.OCTET_STRING, keyClass.bytes()).bytes(scalar);
        writer.header(PARAMETERS, oid.length).bytes(oid);
        writer.header(PUBLIC_KEY, publicKey).header(BIT_STRING, bits).octet(0).octet(UNCOMPRESSED);
        writer.bytes(point.x()).bytes(point.y());
    }

    /**
     * Decodes strictly: DER only, one whole key and nothing after it, object identifiers of this HSM's keys, two primes,
     * a scalar as long as the curve's field, no point but an uncompressed one. Attributes are passed over.
     *
     * @param pkcs8 what somebody sent, off-heap
     * @param secret where the secret encoding is written, off-heap, at least as long as {@code pkcs8}; the caller wipes it
     * @return what it was, or null if it is no private key that this HSM can hold
     */
    public static @Nullable Pair decode(MemorySegment pkcs8, MemorySegment secret) {
        DerReader file = new DerReader(pkcs8);
        DerReader info = file.inside(Der.SEQUENCE);
        info.number(0);
        boolean rsa = info.passed(RSA_ALGORITHM);
        KeyClass curve = rsa ? null : curve(info);
        MemorySegment key = info.element(Der.OCTET_STRING);
        if (info.next(ATTRIBUTES)) {
            info.element(ATTRIBUTES);
        }
        if (!info.ended() || !file.ended()) {
            return null;
        }
        if (rsa) {
            return rsa(key, secret);
        }
        return curve == null ? null : ec(curve, key, secret);
    }

    private static @Nullable KeyClass curve(DerReader info) {
        DerReader algorithm = info.inside(Der.SEQUENCE);
        algorithm.expect(algorithm.passed(EC_OID));
        for (KeyClass curve : CURVES) {
            if (algorithm.passed(EcKeys.oid(curve))) {
                return algorithm.ended() ? curve : null;
            }
        }
        return null;
    }

    private static @Nullable Pair rsa(MemorySegment key, MemorySegment secret) {
        RsaNumbers numbers = RsaNumbers.read(key);
        if (numbers == null) {
            return null;
        }
        MemorySegment modulus = numbers.modulus();
        for (KeyClass keyClass : RSA_CLASSES) {
            if (modulus.byteSize() == keyClass.bytes() && modulus.get(JAVA_BYTE, 0) < 0) {
                MemorySegment.copy(key, 0, secret, 0, key.byteSize());
                PublicPart.Rsa part = new PublicPart.Rsa(
                        modulus.toArray(JAVA_BYTE), numbers.publicExponent().toArray(JAVA_BYTE));
                return new Pair(keyClass, part, (int) key.byteSize());
            }
        }
        return null;
    }

    private static @Nullable Pair ec(KeyClass curve, MemorySegment key, MemorySegment secret) {
        byte[] oid = EcKeys.oid(curve);
        DerReader file = new DerReader(key);
        DerReader members = file.inside(Der.SEQUENCE);
        members.number(1);
        MemorySegment scalar = members.element(Der.OCTET_STRING);
        if (members.next(PARAMETERS)) {
            DerReader parameters = members.inside(PARAMETERS);
            members.expect(parameters.passed(oid) && parameters.ended());
        }
        PublicPart.Point point = members.next(PUBLIC_KEY) ? point(members, curve) : null;
        if (!members.ended() || !file.ended() || scalar.byteSize() != curve.bytes()) {
            return null;
        }
        MemorySegment.copy(scalar, 0, secret, 0, scalar.byteSize());
        return new Pair(curve, point, curve.bytes());
    }

    private static PublicPart.@Nullable Point point(DerReader members, KeyClass curve) {
        DerReader wrapper = members.inside(PUBLIC_KEY);
        MemorySegment bits = wrapper.element(BIT_STRING);
        int length = curve.bytes();
        boolean uncompressed = wrapper.ended()
                && bits.byteSize() == 2 + 2L * length
                && bits.get(JAVA_BYTE, 0) == 0
                && bits.get(JAVA_BYTE, 1) == UNCOMPRESSED;
        members.expect(uncompressed);
        if (!uncompressed) {
            return null;
        }
        return new PublicPart.Point(
                bits.asSlice(2, length).toArray(JAVA_BYTE),
                bits.asSlice(2 + length, length).toArray(JAVA_BYTE));
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }
}
