// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.crypto.params.RSAPrivateCrtKeyParameters;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class RsaSecretTest {
    private static final KnownAnswer PUBLISHED = Bench.published(KeyClass.RSA_2048);
    private static final RSAPrivateCrtKeyParameters KEY = RsaSecret.read(MemorySegment.ofArray(PUBLISHED.secret()));

    @Test
    void writesWhatItRead() {
        for (KeyClass keyClass : new KeyClass[] {KeyClass.RSA_2048, KeyClass.RSA_3072, KeyClass.RSA_4096}) {
            byte[] secret = Bench.published(keyClass).secret();
            try (Arena arena = Arena.ofConfined();
                    HeapCopies copies = new HeapCopies()) {
                MemorySegment out = arena.allocate(Engine.SECRET_LENGTH_MAX);
                int length = RsaSecret.write(RsaSecret.read(MemorySegment.ofArray(secret)), out, copies);
                assertArrayEquals(secret, out.asSlice(0, length).toArray(JAVA_BYTE));
            }
        }
    }

    @Test
    void writesAsAnotherImplementationDoes() throws IOException {
        assertArrayEquals(PUBLISHED.secret(), encoded(numbers()));
    }

    @TestFactory
    Stream<DynamicTest> refusesNumbersThatDoNotBelongTogether() {
        Map<String, BigInteger[]> bad = new LinkedHashMap<>();
        String[] names = {"modulus", "exponent", "private exponent", "p", "q", "dP", "dQ", "qInv"};
        for (int i = 0; i < names.length; i++) {
            bad.put(names[i] + " two more", changed(1 + i, numbers()[1 + i].add(BigInteger.TWO)));
        }
        BigInteger n = KEY.getModulus();
        bad.put(
                "private exponent above the modulus",
                changed(3, KEY.getExponent().add(order().multiply(n))));
        bad.put("dP not reduced", changed(6, KEY.getDP().add(KEY.getP().subtract(BigInteger.ONE))));
        bad.put("dQ not reduced", changed(7, KEY.getDQ().add(KEY.getQ().subtract(BigInteger.ONE))));
        bad.put("qInv not reduced", changed(8, KEY.getQInv().add(KEY.getP())));
        BigInteger[] trivial = changed(4, n);
        trivial[5] = BigInteger.ONE;
        bad.put("factors n and 1", trivial);
        bad.put("version 1", changed(0, BigInteger.ONE));
        bad.put("negative private exponent", changed(3, KEY.getExponent().negate()));
        bad.put("a tenth number", Arrays.copyOf(numbers(), 10));
        return bad.entrySet().stream()
                .map(key -> dynamicTest(key.getKey(), () -> {
                    BigInteger[] numbers = key.getValue();
                    for (int i = 0; i < numbers.length; i++) {
                        numbers[i] = numbers[i] == null ? BigInteger.TEN : numbers[i];
                    }
                    refuses(encoded(numbers));
                }));
    }

    /** DER has one form for each value; every other form of the same numbers is refused (X.690 section 10). */
    @TestFactory
    Stream<DynamicTest> refusesFormsThatAreNotDer() {
        byte[] good = PUBLISHED.secret();
        Map<String, byte[]> bad = new LinkedHashMap<>();
        bad.put("empty", new byte[0]);
        bad.put("a sequence without end", new byte[] {0x30});
        bad.put("indefinite length", spliced(good, 0, 4, 0x30, 0x80));
        bad.put("length in three bytes", spliced(good, 0, 4, 0x30, 0x83, 0, good[2], good[3]));
        bad.put("set instead of sequence", spliced(good, 0, 1, 0x31));
        bad.put("version in two bytes", grown(good, 4, 3, 2, 2, 0, 0));
        bad.put("version of length 0", grown(good, 4, 3, 2, 0));
        bad.put("version with a long length", grown(good, 4, 3, 2, 0x81, 1, 0));
        bad.put("modulus with two zero bytes before", grown(good, 7, 5, 2, 0x82, 1, 2, 0, 0));
        bad.put("modulus as bit string", spliced(good, 7, 1, 3));
        bad.put("a byte after the end", Arrays.copyOf(good, good.length + 1));
        bad.put("last byte missing", Arrays.copyOf(good, good.length - 1));
        return bad.entrySet().stream().map(key -> dynamicTest(key.getKey(), () -> refuses(key.getValue())));
    }

    @Test
    void refusesEveryBeginningOfAnEncoding() {
        byte[] good = PUBLISHED.secret();
        for (int length = 0; length < good.length; length++) {
            byte[] cut = Arrays.copyOf(good, length);
            assertThrows(EngineFailure.class, () -> RsaSecret.read(MemorySegment.ofArray(cut)));
        }
    }

    private static void refuses(byte[] secret) {
        assertThrows(
                EngineFailure.class,
                () -> RsaSecret.check(RsaSecret.read(MemorySegment.ofArray(secret)), KeyClass.RSA_2048, (PublicPart.Rsa)
                        PUBLISHED.publicPart()));
    }

    private static BigInteger order() {
        return KEY.getP().subtract(BigInteger.ONE).multiply(KEY.getQ().subtract(BigInteger.ONE));
    }

    private static BigInteger[] numbers() {
        return new BigInteger[] {
            BigInteger.ZERO,
            KEY.getModulus(),
            KEY.getPublicExponent(),
            KEY.getExponent(),
            KEY.getP(),
            KEY.getQ(),
            KEY.getDP(),
            KEY.getDQ(),
            KEY.getQInv()
        };
    }

    private static BigInteger[] changed(int index, BigInteger number) {
        BigInteger[] numbers = numbers();
        numbers[index] = number;
        return numbers;
    }

    private static byte[] encoded(BigInteger[] numbers) throws IOException {
        return new DERSequence(Arrays.stream(numbers).map(ASN1Integer::new).toArray(ASN1Integer[]::new)).getEncoded();
    }

    /** Replaces bytes. */
    private static byte[] spliced(byte[] bytes, int at, int length, int... by) {
        byte[] other = new byte[bytes.length - length + by.length];
        System.arraycopy(bytes, 0, other, 0, at);
        for (int i = 0; i < by.length; i++) {
            other[at + i] = (byte) by[i];
        }
        System.arraycopy(bytes, at + length, other, at + by.length, bytes.length - at - length);
        return other;
    }

    /** Replaces bytes and puts the sequence's length right. */
    private static byte[] grown(byte[] bytes, int at, int length, int... by) {
        byte[] other = spliced(bytes, at, length, by);
        int body = other.length - 4;
        other[2] = (byte) (body >> 8);
        other[3] = (byte) body;
        return other;
    }
}
