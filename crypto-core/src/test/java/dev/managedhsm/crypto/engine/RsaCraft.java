// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.bouncycastle.crypto.params.RSAPrivateCrtKeyParameters;
import org.bouncycastle.util.BigIntegers;

/** Makes what no honest signer or sender makes: RSA blocks of any form, under the bare permutations of a published key. */
final class RsaCraft {
    /** Object identifiers of hash functions, the element without tag and length (RFC 8017 appendix B.1). */
    static final String SHA_1 = "2b0e03021a";

    static final String SHA_256 = "608648016503040201";
    static final String SHA_384 = "608648016503040202";
    static final String SHA_512 = "608648016503040203";

    private final RSAPrivateCrtKeyParameters key;
    private final int length;

    RsaCraft(KnownAnswer published) {
        key = RsaSecret.read(MemorySegment.ofArray(published.secret()));
        length = ((PublicPart.Rsa) published.publicPart()).modulus().length;
    }

    static RsaCraft of(KeyClass keyClass) {
        return new RsaCraft(Bench.published(keyClass));
    }

    BigInteger modulus() {
        return key.getModulus();
    }

    /** A number as long as the modulus. */
    byte[] number(BigInteger number) {
        return BigIntegers.asUnsignedByteArray(length, number);
    }

    /** The block under the private permutation: the signature of whoever makes that block. */
    byte[] lifted(byte[] block) {
        BigInteger p = power(block, key.getDP(), key.getP());
        BigInteger q = power(block, key.getDQ(), key.getQ());
        BigInteger h = key.getQInv().multiply(p.subtract(q)).mod(key.getP());
        return number(q.add(h.multiply(key.getQ())));
    }

    private static BigInteger power(byte[] block, BigInteger exponent, BigInteger prime) {
        return new BigInteger(1, block).modPow(exponent, prime);
    }

    /** The block under the public permutation: the ciphertext of whoever makes that block. */
    byte[] sealed(byte[] block) {
        return number(new BigInteger(1, block).modPow(key.getPublicExponent(), modulus()));
    }

    /** 00, type, padding up to what is left, 00, content. */
    byte[] block(int type, byte[] content) {
        byte[] block = new byte[length];
        block[1] = (byte) type;
        Arrays.fill(block, 2, length - content.length - 1, (byte) 0xff);
        System.arraycopy(content, 0, block, length - content.length, content.length);
        return block;
    }

    /** Name of the SHA-2 function with digests of this length in bytes. */
    static String hash(int digestLength) {
        return "SHA-" + 8 * digestLength;
    }

    static String oid(int digestLength) {
        return switch (digestLength) {
            case 32 -> SHA_256;
            case 48 -> SHA_384;
            default -> SHA_512;
        };
    }

    /** A DER element with the shortest length. */
    static byte[] element(int tag, byte[]... content) {
        byte[] all = joined(content);
        byte[] header = all.length < 0x80
                ? new byte[] {(byte) tag, (byte) all.length}
                : new byte[] {(byte) tag, (byte) 0x81, (byte) all.length};
        return joined(header, all);
    }

    /** An element with its length in a longer form than DER allows. */
    static byte[] longElement(int tag, byte[] content) {
        return joined(new byte[] {(byte) tag, (byte) 0x81, (byte) content.length}, content);
    }

    static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }

    static byte[] digest(String hash, byte[]... parts) {
        try {
            return MessageDigest.getInstance(hash).digest(joined(parts));
        } catch (NoSuchAlgorithmException absent) {
            throw new AssertionError(absent);
        }
    }

    /** MGF1, RFC 8017 appendix B.2.1, over bytes that are changed in place. */
    static void mask(byte[] bytes, int from, int to, byte[] seed, String hash) {
        byte[] mask = new byte[0];
        for (int counter = 0; mask.length < to - from; counter++) {
            mask = joined(mask, digest(hash, seed, new byte[] {0, 0, 0, (byte) counter}));
        }
        for (int i = from; i < to; i++) {
            bytes[i] ^= mask[i - from];
        }
    }

    /** What can be wrong with EMSA-PSS (RFC 8017 section 9.1.1); starts as what is right. */
    static final class Pss {
        String hash;
        String mask;
        byte[] salt;
        byte[] trailer = {(byte) 0xbc};
        byte[] prefix = new byte[8];
        int separator = 1;
        /** Bytes of the padding that are not zero. */
        List<Integer> holes = List.of();

        boolean topBit;

        Pss(int digestLength) {
            hash = hash(digestLength);
            mask = hash;
            salt = new byte[digestLength];
            Arrays.fill(salt, (byte) 0x3c);
        }

        byte[] encoded(byte[] digest, int length) {
            byte[] h = digest(hash, prefix, digest, salt);
            int end = length - h.length - trailer.length;
            byte[] block = new byte[length];
            System.arraycopy(salt, 0, block, end - salt.length, salt.length);
            block[end - salt.length - 1] = (byte) separator;
            holes.forEach(hole -> block[hole] |= 1);
            mask(block, 0, end, h, mask);
            block[0] &= 0x7f;
            block[0] |= (byte) (topBit ? 0x80 : 0);
            System.arraycopy(h, 0, block, end, h.length);
            System.arraycopy(trailer, 0, block, end + h.length, trailer.length);
            return block;
        }
    }

    /** What can be wrong with EME-OAEP (RFC 8017 section 7.1.1); starts as what is right. */
    static final class Oaep {
        final String hash;
        String mask;
        byte[] label;
        int first;
        int separator = 1;
        List<Integer> holes = List.of();
        byte[] message = {1, 2, 3};

        Oaep(String hash) {
            this.hash = hash;
            mask = hash;
            label = digest(hash);
        }

        byte[] encoded(int length) {
            int hashLength = digest(hash).length;
            byte[] seed = new byte[hashLength];
            Arrays.fill(seed, (byte) 0x51);
            byte[] block = new byte[length];
            block[0] = (byte) first;
            System.arraycopy(seed, 0, block, 1, hashLength);
            System.arraycopy(label, 0, block, 1 + hashLength, Math.min(label.length, hashLength));
            System.arraycopy(message, 0, block, length - message.length, message.length);
            block[length - message.length - 1] = (byte) separator;
            holes.forEach(hole -> block[hole] |= 0x10);
            mask(block, 1 + hashLength, length, seed, mask);
            mask(block, 1, 1 + hashLength, Arrays.copyOfRange(block, 1 + hashLength, length), mask);
            return block;
        }
    }
}
