// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static dev.managedhsm.crypto.engine.RsaCraft.element;
import static dev.managedhsm.crypto.engine.RsaCraft.hex;
import static dev.managedhsm.crypto.engine.RsaCraft.joined;
import static dev.managedhsm.crypto.engine.RsaCraft.longElement;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.crypto.engine.Bench.Pair;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Algorithm.Family;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bouncycastle.util.BigIntegers;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** RSASSA-PKCS1-v1_5 and bare type-1 padding: one block is right for a digest, and every other is wrong (RFC 8017 section 8.2.2). */
interface Pkcs1SignatureEdgeContract extends OnBench {
    RsaCraft CRAFT = RsaCraft.of(KeyClass.RSA_2048);
    List<Algorithm> WITH_INFO = List.of(Algorithm.RS256, Algorithm.RS384, Algorithm.RS512);

    @TestFactory
    default Stream<DynamicTest> rejectsEveryOtherBlock() {
        return WITH_INFO.stream().flatMap(algorithm -> {
            byte[] digest = bench().random(algorithm.digestLength());
            Map<String, byte[]> blocks = infos(digest);
            blocks.replaceAll((name, info) -> CRAFT.block(1, info));
            blocks.putAll(paddings(digest));
            Pair pair = new Pair(algorithm, KeyClass.RSA_2048);
            byte[] right = CRAFT.block(1, info(RsaCraft.oid(digest.length), hex("0500"), digest));
            return Stream.concat(
                    Stream.of(dynamicTest(
                            algorithm + ": the right block",
                            () -> assertArrayEquals(bench().sign(pair, digest), accepted(pair, digest, right)))),
                    blocks.entrySet().stream()
                            .map(block -> dynamicTest(
                                    algorithm + ": " + block.getKey(),
                                    () -> rejects(pair, digest, CRAFT.lifted(block.getValue())))));
        });
    }

    private byte[] accepted(Pair pair, byte[] digest, byte[] block) {
        byte[] signature = CRAFT.lifted(block);
        assertEquals(Outcome.SIGNATURE_VALID, bench().verify(pair, digest, signature));
        return signature;
    }

    private void rejects(Pair pair, byte[] digest, byte[] signature) {
        assertEquals(Outcome.SIGNATURE_INVALID, bench().verify(pair, digest, signature));
    }

    /** DigestInfo with the parts given. */
    private static byte[] info(String oid, byte[] parameters, byte[] digest) {
        return element(0x30, element(0x30, element(6, hex(oid)), parameters), element(4, digest));
    }

    /** Everything but the right DigestInfo, at the end of a block that is right otherwise. */
    private static Map<String, byte[]> infos(byte[] digest) {
        String oid = RsaCraft.oid(digest.length);
        byte[] none = hex("0500");
        byte[] identifier = element(6, hex(oid));
        byte[] algorithm = element(0x30, identifier, none);
        byte[] octets = element(4, digest);
        byte[] content = joined(algorithm, octets);
        Map<String, byte[]> infos = new LinkedHashMap<>();
        infos.put("long outer length", longElement(0x30, content));
        infos.put("outer length in 2 bytes", joined(new byte[] {0x30, (byte) 0x82, 0, (byte) content.length}, content));
        infos.put("long inner length", element(0x30, longElement(0x30, joined(identifier, none)), octets));
        infos.put("long identifier length", element(0x30, element(0x30, longElement(6, hex(oid)), none), octets));
        infos.put("long NULL length", element(0x30, element(0x30, identifier, hex("058100")), octets));
        infos.put("long digest length", element(0x30, algorithm, longElement(4, digest)));
        infos.put("indefinite outer length", joined(hex("3080"), content, hex("0000")));
        infos.put("indefinite inner length", element(0x30, joined(hex("3080"), identifier, none, hex("0000")), octets));
        infos.put("no parameters", info(oid, new byte[0], digest));
        infos.put("parameters of one byte", info(oid, hex("050100"), digest));
        infos.put("empty octets as parameters", info(oid, hex("0400"), digest));
        infos.put("two NULLs", info(oid, hex("05000500"), digest));
        infos.put("garbage in the parameters", info(oid, element(4, digest), digest));
        infos.put("digest in a bit string", element(0x30, algorithm, element(3, new byte[1], digest)));
        infos.put("digest in constructed octets", element(0x30, algorithm, element(0x24, octets)));
        infos.put("set instead of sequence", joined(new byte[] {0x31}, tail(info(oid, none, digest), 1)));
        infos.put("garbage after the digest, inside", element(0x30, algorithm, octets, hex("0500")));
        infos.put("garbage after the DigestInfo", joined(info(oid, none, digest), hex("00")));
        infos.put("more garbage after the DigestInfo", joined(info(oid, none, digest), new byte[64]));
        infos.put("digest a byte short", info(oid, none, Arrays.copyOf(digest, digest.length - 1)));
        infos.put("digest a byte long", info(oid, none, Arrays.copyOf(digest, digest.length + 1)));
        infos.put("no digest", info(oid, none, new byte[0]));
        infos.put("digest alone", digest);
        infos.put("nothing", new byte[0]);
        for (String other : List.of(
                RsaCraft.SHA_1, RsaCraft.SHA_256, RsaCraft.SHA_384, RsaCraft.SHA_512, "2a864886f70d01010b", "")) {
            if (!other.equals(oid)) {
                infos.put("identifier " + other, info(other, none, digest));
            }
        }
        for (int bit = 0; bit < 8 * (info(oid, none, digest).length); bit += 11) {
            infos.put("bit " + bit + " of the DigestInfo", Bench.flipped(info(oid, none, digest), bit));
        }
        return infos;
    }

    private static byte[] tail(byte[] bytes, int from) {
        return Arrays.copyOfRange(bytes, from, bytes.length);
    }

    /** Everything but the right padding, before the right DigestInfo. */
    private static Map<String, byte[]> paddings(byte[] digest) {
        byte[] info = info(RsaCraft.oid(digest.length), hex("0500"), digest);
        byte[] right = CRAFT.block(1, info);
        int zeroAt = right.length - info.length - 1;
        Map<String, byte[]> blocks = new LinkedHashMap<>();
        blocks.put("block type 0", CRAFT.block(0, info));
        blocks.put("block type 2", CRAFT.block(2, info));
        blocks.put("first byte 1", with(right, 0, 1));
        blocks.put("no zero before the DigestInfo", with(right, zeroAt, 0xff));
        blocks.put("one instead of zero", with(right, zeroAt, 1));
        for (int at : new int[] {2, 3, 9, 10, 11, zeroAt / 2, zeroAt - 2, zeroAt - 1}) {
            for (int value : new int[] {0, 1, 0x7f, 0xfe}) {
                blocks.put("padding byte " + at + " is " + value, with(right, at, value));
            }
        }
        for (int padding : new int[] {0, 1, 7, 8, 9, 50}) {
            byte[] block = new byte[right.length];
            block[1] = 1;
            Arrays.fill(block, 2, 2 + padding, (byte) 0xff);
            System.arraycopy(info, 0, block, 3 + padding, info.length);
            blocks.put(padding + " bytes of padding, zeroes at the end", block.clone());
            Arrays.fill(block, 3 + padding + info.length, block.length, (byte) 0xff);
            blocks.put(padding + " bytes of padding, garbage at the end", block);
        }
        return blocks;
    }

    private static byte[] with(byte[] bytes, int at, int value) {
        byte[] other = bytes.clone();
        other[at] = (byte) value;
        return other;
    }

    @TestFactory
    default Stream<DynamicTest> rejectsNumbersAtTheEdgesOfTheModulus() {
        BigInteger n = CRAFT.modulus();
        BigInteger most = BigInteger.ONE.shiftLeft(2048).subtract(BigInteger.ONE);
        return Bench.pairs(Family.RSA_PKCS1_SIGNATURE, Family.RSA_PSS_SIGNATURE)
                .filter(pair -> pair.keyClass() == KeyClass.RSA_2048)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    byte[] digest = digestOf(pair);
                    byte[] good = bench().sign(pair, digest);
                    BigInteger s = new BigInteger(1, good);
                    for (BigInteger number : List.of(
                            BigInteger.ZERO,
                            BigInteger.ONE,
                            BigInteger.TWO,
                            n.subtract(BigInteger.ONE),
                            n.subtract(BigInteger.TWO),
                            n.subtract(s),
                            n,
                            n.add(BigInteger.ONE),
                            most)) {
                        rejects(pair, digest, CRAFT.number(number));
                    }
                    for (int length : new int[] {0, 1, 128, 255, 257, 258, 384, 512}) {
                        rejects(pair, digest, Arrays.copyOf(good, length));
                    }
                    rejects(pair, digest, joined(new byte[1], good));
                    rejects(pair, digest, joined(good, new byte[1]));
                }));
    }

    private byte[] digestOf(Pair pair) {
        return bench().random(
                        pair.algorithm() == Algorithm.RSNULL
                                ? 36
                                : pair.algorithm().digestLength());
    }

    /** A signature is as long as the modulus even if it starts with a zero byte, and shorter ones are no signatures. */
    @TestFactory
    default Stream<DynamicTest> keepsALeadingZeroOfASignature() {
        return Stream.of(Algorithm.RS256, Algorithm.PS256, Algorithm.RSNULL)
                .map(algorithm -> dynamicTest(algorithm.name(), () -> {
                    Pair pair = new Pair(algorithm, KeyClass.RSA_2048);
                    byte[] digest = new byte[32];
                    byte[] signature = {1};
                    for (int tries = 0; tries < 4000 && signature[0] != 0; tries++) {
                        digest = bench().random(32);
                        signature = bench().sign(pair, digest);
                    }
                    assertEquals(0, signature[0]);
                    assertEquals(256, signature.length);
                    assertEquals(Outcome.SIGNATURE_VALID, bench().verify(pair, digest, signature));
                    rejects(pair, digest, Arrays.copyOfRange(signature, 1, 256));
                }));
    }

    /** RSNULL signs what the caller gives: with the whole DigestInfo it is RS256, and with a part of it something else. */
    @Test
    default void signsWithoutDigestInfoWhatTheCallerPutsIn() {
        byte[] digest = bench().random(32);
        byte[] info = info(RsaCraft.SHA_256, hex("0500"), digest);
        Pair bare = new Pair(Algorithm.RSNULL, KeyClass.RSA_2048);
        byte[] signature = bench().sign(new Pair(Algorithm.RS256, KeyClass.RSA_2048), digest);
        assertArrayEquals(signature, bench().sign(bare, info));
        assertEquals(Outcome.SIGNATURE_VALID, bench().verify(bare, info, signature));
        rejects(bare, digest, signature);
        rejects(bare, tail(info, 1), signature);
        rejects(bare, joined(new byte[1], info), signature);
        rejects(bare, joined(info, new byte[1]), signature);
    }

    /** With e = 3 anybody finds a number whose cube starts or ends as wished; only what is between gives it away. */
    @TestFactory
    default Stream<DynamicTest> rejectsCubesThatOnlyStartOrEndRight() {
        KnownAnswer vector = VectorFile.read("rsa-pkcs1-signature").answers().stream()
                .filter(any -> any.publicPart() instanceof PublicPart.Rsa rsa
                        && new BigInteger(1, rsa.exponent()).intValue() == 3)
                .findFirst()
                .orElseThrow();
        int length = vector.keyClass().bytes();
        return WITH_INFO.stream()
                .map(algorithm -> dynamicTest(algorithm.name(), () -> {
                    byte[] digest = bench().random(algorithm.digestLength());
                    digest[digest.length - 1] |= 1;
                    byte[] info = info(RsaCraft.oid(digest.length), hex("0500"), digest);
                    byte[] start = joined(hex("0001ffffffffffffffff00"), info);
                    byte[] root = cubeRoot(new BigInteger(1, Arrays.copyOf(start, length)), length);
                    assertArrayEquals(start, Arrays.copyOf(cube(root, length), start.length));
                    byte[] end = joined(new byte[1], info);
                    byte[] suffix = cubeRootOfEnd(new BigInteger(1, end), 8 * end.length, length);
                    assertArrayEquals(end, tail(cube(suffix, length), length - end.length));
                    try (EngineKey key = vector.load(bench().engine())) {
                        for (byte[] forged : List.of(root, suffix)) {
                            Map<Field, byte[]> inputs = Map.of(Field.DIGEST, digest, Field.VALUE, forged);
                            assertEquals(
                                    Outcome.SIGNATURE_INVALID,
                                    bench().ask(key, Operation.VERIFY, algorithm, inputs)
                                            .outcome());
                        }
                    }
                }));
    }

    private static byte[] cube(byte[] root, int length) {
        return BigIntegers.asUnsignedByteArray(length, new BigInteger(1, root).pow(3));
    }

    /** The least number whose cube is not below the given one. */
    private static byte[] cubeRoot(BigInteger number, int length) {
        BigInteger low = BigInteger.ZERO;
        BigInteger high = BigInteger.ONE.shiftLeft(number.bitLength() / 3 + 1);
        while (low.compareTo(high) < 0) {
            BigInteger middle = low.add(high).shiftRight(1);
            if (middle.pow(3).compareTo(number) < 0) {
                low = middle.add(BigInteger.ONE);
            } else {
                high = middle;
            }
        }
        return BigIntegers.asUnsignedByteArray(length, low);
    }

    /** The number whose cube is the given odd one modulo 2^bits, bit by bit. */
    private static byte[] cubeRootOfEnd(BigInteger end, int bits, int length) {
        assertTrue(end.testBit(0));
        BigInteger root = BigInteger.ONE;
        for (int bit = 1; bit < bits; bit++) {
            if (root.pow(3).testBit(bit) != end.testBit(bit)) {
                root = root.setBit(bit);
            }
        }
        return BigIntegers.asUnsignedByteArray(length, root);
    }
}
