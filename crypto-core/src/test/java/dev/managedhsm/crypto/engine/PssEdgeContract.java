// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.crypto.engine.Bench.Pair;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Outcome;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** RSASSA-PSS: every step of EMSA-PSS-VERIFY that says "inconsistent" (RFC 8017 section 9.1.2), for every hash. */
interface PssEdgeContract extends OnBench {
    RsaCraft SIGNER = RsaCraft.of(KeyClass.RSA_2048);
    int LENGTH = KeyClass.RSA_2048.bytes();
    int STEP = Integer.getInteger("hsm.pss.step", 5);

    @TestFactory
    default Stream<DynamicTest> rejectsPssThatIsInconsistentAnywhere() {
        return Stream.of(Algorithm.PS256, Algorithm.PS384, Algorithm.PS512).flatMap(algorithm -> {
            byte[] digest = bench().random(algorithm.digestLength());
            return faults(algorithm.digestLength()).entrySet().stream()
                    .map(fault -> dynamicTest(algorithm + ": " + fault.getKey(), () -> {
                        RsaCraft.Pss pss = new RsaCraft.Pss(algorithm.digestLength());
                        fault.getValue().accept(pss);
                        assertEquals(Outcome.SIGNATURE_INVALID, verify(algorithm, digest, pss));
                    }));
        });
    }

    @TestFactory
    default Stream<DynamicTest> acceptsThePssThatTheInconsistentOnesResemble() {
        return Stream.of(Algorithm.PS256, Algorithm.PS384, Algorithm.PS512)
                .map(algorithm -> dynamicTest(algorithm.name(), () -> {
                    byte[] digest = bench().random(algorithm.digestLength());
                    RsaCraft.Pss pss = new RsaCraft.Pss(algorithm.digestLength());
                    assertEquals(Outcome.SIGNATURE_VALID, verify(algorithm, digest, pss));
                    byte[] other = Bench.flipped(digest, 8 * digest.length - 1);
                    assertEquals(Outcome.SIGNATURE_INVALID, verify(algorithm, digest, other, pss));
                }));
    }

    /** Each bit of the block decides: hash, salt, padding, trailer and the bit that must be zero. These are some of them. */
    @TestFactory
    default Stream<DynamicTest> rejectsPssBlocksWithABitChanged() {
        return Stream.of(Algorithm.PS256, Algorithm.PS384, Algorithm.PS512)
                .map(algorithm -> dynamicTest(algorithm.name(), () -> changes(algorithm, 61)));
    }

    /** Bits of every byte; every bit with {@code -Dhsm.pss.step=1}. */
    @Tag("slow")
    @TestFactory
    default Stream<DynamicTest> rejectsPssBlocksWithAnyByteChanged() {
        return Stream.of(Algorithm.PS256, Algorithm.PS384, Algorithm.PS512)
                .map(algorithm -> dynamicTest(algorithm.name(), () -> changes(algorithm, STEP)));
    }

    private void changes(Algorithm algorithm, int step) {
        byte[] digest = bench().random(algorithm.digestLength());
        Pair pair = new Pair(algorithm, KeyClass.RSA_2048);
        byte[] block = new RsaCraft.Pss(algorithm.digestLength()).encoded(digest, LENGTH);
        for (int bit = 1; bit < 8 * LENGTH; bit += step) {
            byte[] changed = Bench.flipped(block, bit);
            assertEquals(Outcome.SIGNATURE_INVALID, bench().verify(pair, digest, SIGNER.lifted(changed)));
        }
    }

    private Outcome verify(Algorithm algorithm, byte[] digest, RsaCraft.Pss pss) {
        return verify(algorithm, digest, digest, pss);
    }

    private Outcome verify(Algorithm algorithm, byte[] signed, byte[] asked, RsaCraft.Pss pss) {
        byte[] block = pss.encoded(signed, LENGTH);
        // With the top bit set a block may be above the modulus, which would be another fault: try other salts.
        while (new BigInteger(1, block).compareTo(SIGNER.modulus()) >= 0) {
            pss.salt[0]++;
            block = pss.encoded(signed, LENGTH);
        }
        return bench().verify(new Pair(algorithm, KeyClass.RSA_2048), asked, SIGNER.lifted(block));
    }

    private static Map<String, Consumer<RsaCraft.Pss>> faults(int hashLength) {
        Map<String, Consumer<RsaCraft.Pss>> faults = new LinkedHashMap<>();
        int most = LENGTH - hashLength - 2;
        for (int length : List.of(0, 1, 20, hashLength - 1, hashLength + 1, 2 * hashLength, most - 1, most)) {
            faults.put("salt of " + length + " bytes", pss -> pss.salt = new byte[length]);
        }
        for (String hash : List.of("SHA-1", "SHA-256", "SHA-384", "SHA-512")) {
            if (!hash.equals(RsaCraft.hash(hashLength))) {
                faults.put("hash " + hash, pss -> pss.hash = hash);
                faults.put("mask " + hash, pss -> pss.mask = hash);
                faults.put("hash and mask " + hash, pss -> {
                    pss.hash = hash;
                    pss.mask = hash;
                });
            }
        }
        for (int trailer : new int[] {0, 0xbd, 0x3c, 0xcc, 0xff}) {
            faults.put("trailer " + trailer, pss -> pss.trailer = new byte[] {(byte) trailer});
        }
        faults.put("trailer 33 cc", pss -> pss.trailer = new byte[] {0x33, (byte) 0xcc});
        faults.put("trailer 34 cc", pss -> pss.trailer = new byte[] {0x34, (byte) 0xcc});
        faults.put("trailer bc bc", pss -> pss.trailer = new byte[] {(byte) 0xbc, (byte) 0xbc});
        faults.put("no trailer", pss -> pss.trailer = new byte[0]);
        faults.put("top bit set", pss -> pss.topBit = true);
        for (int separator : new int[] {0, 2, 3, 0x80, 0x81, 0xff}) {
            faults.put("separator " + separator, pss -> pss.separator = separator);
        }
        int padding = LENGTH - 2 * hashLength - 2;
        for (int hole : new int[] {0, 1, padding / 2, padding - 2, padding - 1}) {
            faults.put("padding byte " + hole + " not zero", pss -> pss.holes = List.of(hole));
        }
        faults.put("7 zero bytes before the digest", pss -> pss.prefix = new byte[7]);
        faults.put("9 zero bytes before the digest", pss -> pss.prefix = new byte[9]);
        faults.put("nothing before the digest", pss -> pss.prefix = new byte[0]);
        return faults;
    }
}
