// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.EngineKey;
import dev.managedhsm.crypto.engine.PortableEngine;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.key.PublicPart;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.DERTaggedObject;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.pkcs.RSAPrivateKey;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.PrivateKeyInfoFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class Pkcs8Test {
    private static final Engine ENGINE = PortableEngine.open();

    @AfterAll
    static void closeEngine() {
        ENGINE.close();
    }

    /** A key and its encoding. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Made(KeyClass keyClass, PublicPart publicPart, byte[] scalarOrDer, byte[] pkcs8) {}

    @TestFactory
    Stream<DynamicTest> encodesForOthersAndDecodesItsOwn() {
        return Arrays.stream(KeyClass.values())
                .filter(keyClass -> keyClass.type() != KeyType.OCT)
                .filter(keyClass -> keyClass != KeyClass.RSA_4096) // seconds to make, and the same lengths of lengths
                .map(keyClass -> dynamicTest(keyClass.toString(), () -> {
                    Made made = made(keyClass);
                    if (keyClass.type() == KeyType.RSA) {
                        RSAPrivateCrtKey jdk = (RSAPrivateCrtKey)
                                KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(made.pkcs8));
                        assertEquals(new BigInteger(1, ((PublicPart.Rsa) made.publicPart).modulus()), jdk.getModulus());
                        assertArrayEquals(made.pkcs8, jdk.getEncoded());
                    } else {
                        ECPrivateKeyParameters other = (ECPrivateKeyParameters) PrivateKeyFactory.createKey(made.pkcs8);
                        assertEquals(new BigInteger(1, made.scalarOrDer), other.getD());
                        assertArrayEquals(
                                PrivateKeyInfoFactory.createPrivateKeyInfo(other)
                                        .getEncoded(ASN1Encoding.DER),
                                made.pkcs8);
                    }
                    if (keyClass.type() == KeyType.EC && keyClass != KeyClass.P_256K) {
                        ECPrivateKey jdk = (ECPrivateKey)
                                KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(made.pkcs8));
                        assertEquals(new BigInteger(1, made.scalarOrDer), jdk.getS());
                    }
                    decodes(made.pkcs8, made);
                }));
    }

    @Test
    void decodesKeysOfTheJdk() throws Exception {
        for (int bits : new int[] {2048, 3072}) {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(bits);
            loads(generator.generateKeyPair().getPrivate().getEncoded(), KeyClass.valueOf("RSA_" + bits));
        }
        for (int bits : new int[] {256, 384, 521}) {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp" + bits + "r1"));
            byte[] pkcs8 = generator.generateKeyPair().getPrivate().getEncoded();
            assertEquals(
                    KeyClass.valueOf("P_" + bits),
                    Objects.requireNonNull(decoded(pkcs8)).keyClass());
        }
    }

    @Test
    void decodesCurvesWithoutParametersOrPointAndPassesAttributesOver() throws IOException {
        Made made = made(KeyClass.P_384);
        BigInteger scalar = new BigInteger(1, made.scalarOrDer);
        AlgorithmIdentifier algorithm =
                new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, SECObjectIdentifiers.secp384r1);
        byte[] bare =
                new PrivateKeyInfo(algorithm, new org.bouncycastle.asn1.sec.ECPrivateKey(384, scalar)).getEncoded();
        Pkcs8.Pair pair = Objects.requireNonNull(decoded(bare));
        assertEquals(KeyClass.P_384, pair.keyClass());
        assertNull(pair.publicPart());
        byte[] attributed = new PrivateKeyInfo(
                        algorithm, new org.bouncycastle.asn1.sec.ECPrivateKey(384, scalar), new DERSet())
                .getEncoded();
        Objects.requireNonNull(decoded(attributed));
    }

    @TestFactory
    Stream<DynamicTest> refusesWhatIsNoKeyOfThisHsm() throws IOException {
        byte[] rsa = made(KeyClass.RSA_2048).pkcs8;
        Made curve = made(KeyClass.P_256);
        byte[] ec = curve.pkcs8;
        Map<String, byte[]> bad = new LinkedHashMap<>();
        bad.put("nothing", new byte[0]);
        bad.put("a byte after the end", Arrays.copyOf(rsa, rsa.length + 1));
        bad.put("version 1", spliced(ec, 5, 1, 1));
        bad.put("a set", spliced(ec, 0, 1, 0x31));
        bad.put("indefinite length", spliced(ec, 1, 2, 0x80));
        bad.put("length in too many bytes", spliced(rsa, 1, 3, 0x83, 0, rsa[2], rsa[3]));
        bad.put("length in a longer form", spliced(ec, 1, 2, 0x82, 0, ec[2]));
        bad.put("length of length missing", new byte[] {0x30, (byte) 0x82, 1});
        bad.put("curve that is not ours", curve(curve, SECObjectIdentifiers.secp224r1, SECObjectIdentifiers.secp224r1));
        bad.put(
                "curve inside not that outside",
                curve(curve, SECObjectIdentifiers.secp256r1, SECObjectIdentifiers.secp256k1));
        bad.put("RSASSA-PSS key", rsa(PKCSObjectIdentifiers.id_RSASSA_PSS, rsa));
        bad.put("encrypted key", info(PKCSObjectIdentifiers.pbeWithSHA1AndDES_CBC, new byte[64]));
        bad.put("scalar too short", scalar(curve, 31));
        bad.put("scalar too long", scalar(curve, 33));
        bad.put("point compressed", pointed(curve, point(curve, 2, 32)));
        bad.put("point of another form", pointed(curve, point(curve, 6, 64)));
        bad.put("point of another length", pointed(curve, point(curve, 4, 63)));
        bad.put("point with unused bits", spliced(ec, ec.length - 66, 1, 1));
        bad.put("RSA of 1024 bits", rsa(1024));
        bad.put("RSA of 2040 bits", rsa(2040));
        bad.put("three primes", numbers(11, BigInteger.ONE));
        bad.put("eight numbers", numbers(8, BigInteger.ZERO));
        bad.put("RSA version 1", numbers(9, BigInteger.ONE));
        return bad.entrySet().stream().map(key -> dynamicTest(key.getKey(), () -> assertNull(decoded(key.getValue()))));
    }

    /** The bad encodings above differ from these by one fault each. */
    @Test
    void acceptsTheSameFormsWithoutFault() throws IOException {
        Made curve = made(KeyClass.P_256);
        assertArrayEquals(curve.pkcs8, curve(curve, SECObjectIdentifiers.secp256r1, SECObjectIdentifiers.secp256r1));
        Objects.requireNonNull(decoded(rsa(2048)));
        Objects.requireNonNull(decoded(numbers(9, BigInteger.ZERO)));
    }

    @Test
    void refusesEveryBeginningOfAnEncoding() {
        for (KeyClass keyClass : new KeyClass[] {KeyClass.RSA_2048, KeyClass.P_521}) {
            byte[] good = made(keyClass).pkcs8;
            for (int length = 0; length < good.length; length++) {
                assertNull(decoded(Arrays.copyOf(good, length)));
            }
        }
    }

    @Test
    void survivesEveryChangedByte() {
        byte[] good = made(KeyClass.P_256).pkcs8;
        for (int at = 0; at < good.length; at++) {
            for (int value = 0; value < 256; value++) {
                byte[] changed = good.clone();
                changed[at] = (byte) value;
                Pkcs8.Pair pair = decoded(changed);
                assertEquals(
                        true,
                        pair == null || pair.secretLength() == pair.keyClass().bytes());
            }
        }
    }

    private static Made made(KeyClass keyClass) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment secret = arena.allocate(Engine.SECRET_LENGTH_MAX);
            Engine.GeneratedKey key = ENGINE.generate(keyClass, secret);
            MemorySegment out = arena.allocate(Pkcs8.LENGTH_MAX);
            MemorySegment encoding = secret.asSlice(0, key.secretLength());
            int length = Pkcs8.encode(keyClass, key.publicPart(), encoding, out);
            return new Made(
                    keyClass,
                    key.publicPart(),
                    encoding.toArray(JAVA_BYTE),
                    out.asSlice(0, length).toArray(JAVA_BYTE));
        }
    }

    private static void decodes(byte[] pkcs8, Made made) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment secret = arena.allocate(pkcs8.length);
            Pkcs8.Pair pair = Objects.requireNonNull(Pkcs8.decode(arena.allocateFrom(JAVA_BYTE, pkcs8), secret));
            assertEquals(made.keyClass, pair.keyClass());
            assertEquals(made.publicPart, pair.publicPart());
            assertArrayEquals(
                    made.scalarOrDer, secret.asSlice(0, pair.secretLength()).toArray(JAVA_BYTE));
        }
    }

    private static void loads(byte[] pkcs8, KeyClass keyClass) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment secret = arena.allocate(pkcs8.length);
            Pkcs8.Pair pair = Objects.requireNonNull(Pkcs8.decode(arena.allocateFrom(JAVA_BYTE, pkcs8), secret));
            assertEquals(keyClass, pair.keyClass());
            PublicPart publicPart = Objects.requireNonNull(pair.publicPart());
            try (EngineKey key = ENGINE.load(keyClass, publicPart, secret.asSlice(0, pair.secretLength()))) {
                assertEquals(keyClass, key.keyClass());
            }
        }
    }

    private static Pkcs8.@Nullable Pair decoded(byte[] pkcs8) {
        try (Arena arena = Arena.ofConfined()) {
            return Pkcs8.decode(arena.allocateFrom(JAVA_BYTE, pkcs8), arena.allocate(Math.max(1, pkcs8.length)));
        }
    }

    private static byte[] info(ASN1ObjectIdentifier algorithm, byte[] key) throws IOException {
        return new DERSequence(new ASN1Encodable[] {
                    new ASN1Integer(0), new AlgorithmIdentifier(algorithm), new DEROctetString(key)
                })
                .getEncoded();
    }

    /** An RSA key under the name of another algorithm. */
    private static byte[] rsa(ASN1ObjectIdentifier algorithm, byte[] pkcs8) throws IOException {
        return info(algorithm, PrivateKeyInfo.getInstance(pkcs8).getPrivateKey().getOctets());
    }

    private static byte[] rsa(int bits) throws IOException {
        BigInteger one = BigInteger.ONE;
        BigInteger modulus = one.shiftLeft(bits - 1).add(one);
        return rsaInfo(new RSAPrivateKey(modulus, one, one, one, one, one, one, one).getEncoded());
    }

    /** A version and so many numbers less one, the first of them a good modulus. */
    private static byte[] numbers(int count, BigInteger version) throws IOException {
        ASN1EncodableVector numbers = new ASN1EncodableVector();
        numbers.add(new ASN1Integer(version));
        numbers.add(new ASN1Integer(BigInteger.ONE.shiftLeft(2047)));
        for (int i = 2; i < count; i++) {
            numbers.add(new ASN1Integer(1));
        }
        return rsaInfo(new DERSequence(numbers).getEncoded());
    }

    private static byte[] rsaInfo(byte[] key) throws IOException {
        AlgorithmIdentifier algorithm = new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE);
        return new DERSequence(new ASN1Encodable[] {new ASN1Integer(0), algorithm, new DEROctetString(key)})
                .getEncoded();
    }

    private static byte[] scalar(Made made, int length) throws IOException {
        return ec(SECObjectIdentifiers.secp256r1, SECObjectIdentifiers.secp256r1, new byte[length], point(made, 4, 64));
    }

    private static byte[] curve(Made made, ASN1ObjectIdentifier outside, ASN1ObjectIdentifier inside)
            throws IOException {
        return ec(outside, inside, made.scalarOrDer, point(made, 4, 64));
    }

    private static byte[] pointed(Made made, byte[] point) throws IOException {
        return ec(SECObjectIdentifiers.secp256r1, SECObjectIdentifiers.secp256r1, made.scalarOrDer, point);
    }

    /** A point's form and so many bytes of its coordinates. */
    private static byte[] point(Made made, int form, int length) {
        byte[] bytes = new byte[1 + length];
        bytes[0] = (byte) form;
        System.arraycopy(((PublicPart.Point) made.publicPart).x(), 0, bytes, 1, 32);
        System.arraycopy(((PublicPart.Point) made.publicPart).y(), 0, bytes, 33, length - 32);
        return bytes;
    }

    private static byte[] ec(ASN1ObjectIdentifier outside, ASN1ObjectIdentifier inside, byte[] scalar, byte[] point)
            throws IOException {
        byte[] key = new DERSequence(new ASN1Encodable[] {
                    new ASN1Integer(1),
                    new DEROctetString(scalar),
                    new DERTaggedObject(true, 0, inside),
                    new DERTaggedObject(true, 1, new DERBitString(point))
                })
                .getEncoded();
        return new DERSequence(new ASN1Encodable[] {
                    new ASN1Integer(0),
                    new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, outside),
                    new DEROctetString(key)
                })
                .getEncoded();
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
}
