// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.crypto.engine.Bench.Pair;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Algorithm.Family;
import dev.managedhsm.crypto.operation.Outcome;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.crypto.CryptoException;
import org.bouncycastle.crypto.engines.RSABlindedEngine;
import org.bouncycastle.crypto.params.RSAPrivateCrtKeyParameters;
import org.bouncycastle.crypto.signers.PSSSigner;
import org.bouncycastle.util.BigIntegers;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Signatures that are almost good, each named by the mistake in a verifier that would let it pass. */
interface SignatureForgeryContract extends OnBench {
    Pair RSA = new Pair(Algorithm.RS256, KeyClass.RSA_2048);

    @TestFactory
    default Stream<DynamicTest> rejectsForgedEcdsaSignatures() {
        return Bench.pairs(Family.ECDSA).flatMap(pair -> {
            byte[] digest = bench().random(pair.algorithm().digestLength());
            return ecdsaForgeries(pair, bench().sign(pair, digest)).entrySet().stream()
                    .map(forgery -> dynamicTest(pair.algorithm() + ": " + forgery.getKey(), () -> {
                        Outcome outcome = bench().verify(pair, digest, forgery.getValue());
                        assertEquals(Outcome.SIGNATURE_INVALID, outcome);
                    }));
        });
    }

    private static Map<String, byte[]> ecdsaForgeries(Pair pair, byte[] good) {
        int half = pair.keyClass().bytes();
        BigInteger n = PortableEcdsa.domain(pair.keyClass()).getN();
        BigInteger p =
                PortableEcdsa.domain(pair.keyClass()).getCurve().getField().getCharacteristic();
        BigInteger r = new BigInteger(1, good, 0, half);
        BigInteger s = new BigInteger(1, good, half, half);
        BigInteger zero = BigInteger.ZERO;
        BigInteger most = BigInteger.ONE.shiftLeft(8 * half).subtract(BigInteger.ONE);
        Map<String, byte[]> forgeries = new LinkedHashMap<>();
        forgeries.put("r is 0", raw(half, zero, s));
        forgeries.put("s is 0", raw(half, r, zero));
        forgeries.put("r and s are 0", raw(half, zero, zero));
        forgeries.put("r is n", raw(half, n, s));
        forgeries.put("s is n", raw(half, r, n));
        forgeries.put("r is n and s is n", raw(half, n, n));
        forgeries.put("r is n and s is 0", raw(half, n, zero));
        forgeries.put("r is the field's prime", raw(half, p, s));
        forgeries.put("r and s are all ones", raw(half, most, most));
        forgeries.put("r and s are 1", raw(half, BigInteger.ONE, BigInteger.ONE));
        forgeries.put("r and s are n - 1", raw(half, n.subtract(BigInteger.ONE), n.subtract(BigInteger.ONE)));
        forgeries.put("r and s swapped", raw(half, s, r));
        forgeries.put("r negated", raw(half, n.subtract(r), s));
        forgeries.put("r one more", raw(half, r.add(BigInteger.ONE), s));
        forgeries.put("s one less", raw(half, r, s.subtract(BigInteger.ONE)));
        if (r.add(n).bitLength() <= 8 * half) {
            forgeries.put("r plus n", raw(half, r.add(n), s));
        }
        if (s.add(n).bitLength() <= 8 * half) {
            forgeries.put("s plus n", raw(half, r, s.add(n)));
        }
        byte[] der = der(r, s);
        forgeries.put("DER instead of r and s", der);
        forgeries.put("DER cut to the length of r and s", Arrays.copyOf(der, 2 * half));
        forgeries.put("a zero byte before each half", raw(half + 1, r, s));
        forgeries.put("r alone", Arrays.copyOf(good, half));
        return forgeries;
    }

    @Test
    default void acceptsBothSignsOfS() {
        Bench.pairs(Family.ECDSA).forEach(pair -> {
            int half = pair.keyClass().bytes();
            byte[] digest = bench().random(pair.algorithm().digestLength());
            byte[] good = bench().sign(pair, digest);
            BigInteger s = new BigInteger(1, good, half, half);
            BigInteger other = PortableEcdsa.domain(pair.keyClass()).getN().subtract(s);
            byte[] mirrored = raw(half, new BigInteger(1, good, 0, half), other);
            assertEquals(Outcome.SIGNATURE_VALID, bench().verify(pair, digest, mirrored));
        });
    }

    @TestFactory
    default Stream<DynamicTest> rejectsEveryBitFlippedInAnHmac() {
        return Bench.pairs(Family.HMAC)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    byte[] digest = bench().random(pair.algorithm().digestLength());
                    byte[] good = bench().sign(pair, digest);
                    for (int bit = 0; bit < 8 * good.length; bit++) {
                        assertEquals(Outcome.SIGNATURE_INVALID, bench().verify(pair, digest, Bench.flipped(good, bit)));
                    }
                }));
    }

    @TestFactory
    default Stream<DynamicTest> rejectsBlocksThatOnlyResembleTypeOnePadding() {
        byte[] digest = bench().random(32);
        byte[] info = HexFormat.of().parseHex("3031300d060960864801650304020105000420");
        byte[] noParameters = HexFormat.of().parseHex("302f300b0609608648016503040201" + "0420");
        byte[] sha1 = HexFormat.of().parseHex("3021300906052b0e03021a05000414");
        byte[] sha512 = HexFormat.of().parseHex("3051300d060960864801650304020305000440");
        Map<String, byte[]> blocks = new LinkedHashMap<>();
        blocks.put("block type 0", block(0, 0, 0xff, 202, info, digest));
        blocks.put("block type 2", block(0, 2, 0xff, 202, info, digest));
        blocks.put("leading byte 1", block(1, 1, 0xff, 202, info, digest));
        blocks.put("padding of fe", block(0, 1, 0xfe, 202, info, digest));
        blocks.put("8 bytes of padding and garbage after the digest", garbageAtEnd(8, info, digest));
        blocks.put("digest one byte from the end", garbageAtEnd(201, info, digest));
        blocks.put("no NULL parameters", block(0, 1, 0xff, 204, noParameters, digest));
        blocks.put("DigestInfo of SHA-512", block(0, 1, 0xff, 202, sha512, digest));
        blocks.put("DigestInfo of SHA-1 over 20 bytes", block(0, 1, 0xff, 218, sha1, Arrays.copyOf(digest, 20)));
        blocks.put("digest without DigestInfo", block(0, 1, 0xff, 221, new byte[0], digest));
        return blocks.entrySet().stream()
                .map(block -> dynamicTest(block.getKey(), () -> {
                    byte[] signature = lifted(block.getValue());
                    assertEquals(Outcome.SIGNATURE_INVALID, bench().verify(RSA, digest, signature));
                }));
    }

    @Test
    default void acceptsTheBlockThatTheForgedOnesResemble() {
        byte[] digest = bench().random(32);
        byte[] info = HexFormat.of().parseHex("3031300d060960864801650304020105000420");
        byte[] signature = lifted(block(0, 1, 0xff, 202, info, digest));
        assertEquals(Outcome.SIGNATURE_VALID, bench().verify(RSA, digest, signature));
    }

    @Test
    default void rejectsRsaSignaturesNotBelowTheModulus() {
        BigInteger n = privateKey().getModulus();
        byte[] digest = bench().random(32);
        for (Algorithm algorithm : List.of(Algorithm.RS256, Algorithm.PS256)) {
            Pair pair = new Pair(algorithm, KeyClass.RSA_2048);
            List<BigInteger> numbers = new ArrayList<>(List.of(
                    n, n.add(BigInteger.ONE), BigInteger.ONE.shiftLeft(2048).subtract(BigInteger.ONE)));
            // The same residue, one modulus higher; whether it fits the length depends on the signature.
            for (int tries = 0; tries < 64 && numbers.size() < 4; tries++) {
                digest = bench().random(32);
                BigInteger above = new BigInteger(1, bench().sign(pair, digest)).add(n);
                if (above.bitLength() <= 2048) {
                    numbers.add(above);
                }
            }
            for (BigInteger number : numbers) {
                byte[] signature = BigIntegers.asUnsignedByteArray(256, number);
                assertEquals(Outcome.SIGNATURE_INVALID, bench().verify(pair, digest, signature));
            }
        }
    }

    @Test
    default void rejectsTrivialRsaSignatures() {
        byte[] digest = new byte[32];
        for (Algorithm algorithm : List.of(Algorithm.RS256, Algorithm.PS256, Algorithm.RSNULL)) {
            Pair pair = new Pair(algorithm, KeyClass.RSA_2048);
            for (int last : new int[] {0, 1, 2}) {
                byte[] signature = new byte[256];
                signature[255] = (byte) last;
                assertEquals(Outcome.SIGNATURE_INVALID, bench().verify(pair, digest, signature));
            }
        }
    }

    @TestFactory
    default Stream<DynamicTest> rejectsPssWithAnotherSaltHashOrTrailer() {
        byte[] digest = bench().random(32);
        Map<String, byte[]> signatures = new LinkedHashMap<>();
        for (int salt : new int[] {0, 1, 10, 20, 31, 33, 64, 222}) {
            signatures.put("salt of " + salt + " bytes", pss(digest, 32, 32, salt, 0xbc));
        }
        signatures.put("mask by SHA-384", pss(digest, 32, 48, 32, 0xbc));
        signatures.put("trailer bd", pss(digest, 32, 32, 32, 0xbd));
        signatures.put("PKCS#1 v1.5 instead", bench().sign(RSA, digest));
        Pair pair = new Pair(Algorithm.PS256, KeyClass.RSA_2048);
        return signatures.entrySet().stream()
                .map(forgery -> dynamicTest(forgery.getKey(), () -> {
                    assertEquals(Outcome.SIGNATURE_INVALID, bench().verify(pair, digest, forgery.getValue()));
                    assertEquals(Outcome.SIGNATURE_VALID, bench().verify(pair, digest, pss(digest, 32, 32, 32, 0xbc)));
                }));
    }

    private static byte[] pss(byte[] digest, int hash, int mask, int salt, int trailer) {
        PSSSigner signer = PSSSigner.createRawSigner(
                new RSABlindedEngine(), Digests.ofLength(hash), Digests.ofLength(mask), salt, (byte) trailer);
        signer.init(true, privateKey());
        signer.update(digest, 0, digest.length);
        try {
            return signer.generateSignature();
        } catch (CryptoException unexpected) {
            throw new AssertionError(unexpected);
        }
    }

    /** first, type, padding, 00, info, digest; with what is left of 256 bytes between padding and 00 never empty. */
    private static byte[] block(int first, int type, int padding, int paddingLength, byte[] info, byte[] digest) {
        byte[] block = new byte[256];
        block[0] = (byte) first;
        block[1] = (byte) type;
        Arrays.fill(block, 2, 2 + paddingLength, (byte) padding);
        System.arraycopy(info, 0, block, 3 + paddingLength, info.length);
        System.arraycopy(digest, 0, block, 3 + paddingLength + info.length, digest.length);
        return block;
    }

    private static byte[] garbageAtEnd(int paddingLength, byte[] info, byte[] digest) {
        byte[] block = block(0, 1, 0xff, paddingLength, info, digest);
        Arrays.fill(block, 3 + paddingLength + info.length + digest.length, block.length, (byte) 0x5a);
        return block;
    }

    /** The block under the private permutation: what a signer would sign if it made that block. */
    private static byte[] lifted(byte[] block) {
        RSAPrivateCrtKeyParameters key = privateKey();
        BigInteger signature = new BigInteger(1, block).modPow(key.getExponent(), key.getModulus());
        return BigIntegers.asUnsignedByteArray(256, signature);
    }

    private static RSAPrivateCrtKeyParameters privateKey() {
        return RsaSecret.read(
                MemorySegment.ofArray(Bench.published(KeyClass.RSA_2048).secret()));
    }

    private static byte[] raw(int half, BigInteger r, BigInteger s) {
        byte[] signature = new byte[2 * half];
        BigIntegers.asUnsignedByteArray(r, signature, 0, half);
        BigIntegers.asUnsignedByteArray(s, signature, half, half);
        return signature;
    }

    private static byte[] der(BigInteger r, BigInteger s) {
        try {
            return new DERSequence(new ASN1Integer[] {new ASN1Integer(r), new ASN1Integer(s)}).getEncoded();
        } catch (IOException unexpected) {
            throw new AssertionError(unexpected);
        }
    }
}
