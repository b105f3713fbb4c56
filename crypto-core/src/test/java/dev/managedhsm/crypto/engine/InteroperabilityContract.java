// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.crypto.engine.Bench.Answer;
import dev.managedhsm.crypto.engine.Bench.Pair;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Algorithm.Family;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.Signature;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.util.BigIntegers;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The engine and the JDK's own cryptography, each taking what the other made. */
interface InteroperabilityContract extends OnBench {
    @TestFactory
    default Stream<DynamicTest> signsForTheJdkAndVerifiesItsSignatures() {
        return Bench.pairs(Family.RSA_PKCS1_SIGNATURE, Family.RSA_PSS_SIGNATURE, Family.ECDSA)
                .filter(pair -> pair.algorithm() != Algorithm.RSNULL && pair.keyClass() != KeyClass.P_256K)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    byte[] message = bench().random(99);
                    int bits = 8 * pair.algorithm().digestLength();
                    byte[] digest = MessageDigest.getInstance("SHA-" + bits).digest(message);
                    JdkKey key = JdkKey.of(pair.keyClass());
                    Signature jdk = JdkKey.signature(pair.algorithm());
                    jdk.initVerify(key.publicKey());
                    jdk.update(message);
                    assertTrue(jdk.verify(bench().sign(pair, digest)));
                    jdk.initSign(key.privateKey());
                    jdk.update(message);
                    assertEquals(Outcome.SIGNATURE_VALID, bench().verify(pair, digest, jdk.sign()));
                }));
    }

    @Test
    default void signsAndVerifiesTypeOneBlocksAsTheJdkDoes() throws Exception {
        Pair pair = new Pair(Algorithm.RSNULL, KeyClass.RSA_2048);
        byte[] value = bench().random(36);
        JdkKey key = JdkKey.of(KeyClass.RSA_2048);
        Cipher jdk = Cipher.getInstance("RSA/ECB/PKCS1Padding");
        jdk.init(Cipher.DECRYPT_MODE, key.publicKey());
        assertArrayEquals(value, jdk.doFinal(bench().sign(pair, value)));
        jdk.init(Cipher.ENCRYPT_MODE, key.privateKey());
        byte[] signature = jdk.doFinal(value);
        assertArrayEquals(signature, bench().sign(pair, value));
        assertEquals(Outcome.SIGNATURE_VALID, bench().verify(pair, value, signature));
    }

    /** The JDK has not had this curve since version 16, so BouncyCastle stands in. */
    @Test
    default void signsAndVerifiesSecp256k1AsBouncyCastleDoes() {
        Pair pair = new Pair(Algorithm.ES256K, KeyClass.P_256K);
        KnownAnswer key = Bench.published(KeyClass.P_256K);
        byte[] digest = bench().random(32);
        byte[] mine = bench().sign(pair, digest);
        ECDSASigner other = new ECDSASigner();
        other.init(false, PortableEcdsa.publicKey(KeyClass.P_256K, (PublicPart.Point) key.publicPart()));
        BigInteger r = new BigInteger(1, mine, 0, 32);
        assertTrue(other.verifySignature(digest, r, new BigInteger(1, mine, 32, 32)));
        other.init(true, PortableEcdsa.privateKey(KeyClass.P_256K, key.secret()));
        for (int i = 0; i < 8; i++) {
            BigInteger[] theirs = other.generateSignature(digest);
            byte[] signature = new byte[64];
            BigIntegers.asUnsignedByteArray(theirs[0], signature, 0, 32);
            BigIntegers.asUnsignedByteArray(theirs[1], signature, 32, 32);
            assertEquals(Outcome.SIGNATURE_VALID, bench().verify(pair, digest, signature));
        }
    }

    @TestFactory
    default Stream<DynamicTest> makesTheSameHmacAsTheJdk() {
        return Bench.pairs(Family.HMAC)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    byte[] digest = bench().random(pair.algorithm().digestLength());
                    Mac jdk = Mac.getInstance("HmacSHA" + 8 * digest.length);
                    jdk.init(JdkKey.symmetric(pair.keyClass()));
                    assertArrayEquals(jdk.doFinal(digest), bench().sign(pair, digest));
                }));
    }

    @TestFactory
    default Stream<DynamicTest> encryptsWithRsaForTheJdkAndDecryptsItsCiphertexts() {
        return Bench.pairs(Family.RSA_ENCRYPTION)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    byte[] plain = bench().random(48);
                    JdkKey key = JdkKey.of(pair.keyClass());
                    Cipher jdk = JdkKey.rsaCipher(pair.algorithm(), Cipher.DECRYPT_MODE, key.privateKey());
                    byte[] sealed = Bench.done(bench().ask(pair, Operation.ENCRYPT, Map.of(Field.VALUE, plain)));
                    assertArrayEquals(plain, jdk.doFinal(sealed));
                    jdk = JdkKey.rsaCipher(pair.algorithm(), Cipher.ENCRYPT_MODE, key.publicKey());
                    Map<Field, byte[]> theirs = Map.of(Field.VALUE, jdk.doFinal(plain));
                    assertArrayEquals(plain, Bench.done(bench().ask(pair, Operation.UNWRAP_KEY, theirs)));
                }));
    }

    @TestFactory
    default Stream<DynamicTest> encryptsWithGcmForTheJdkAndDecryptsItsCiphertexts() {
        return Bench.pairs(Family.AES_GCM)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    byte[] plain = bench().random(77);
                    byte[] aad = bench().random(13);
                    Answer mine = bench().ask(pair, Operation.ENCRYPT, Map.of(Field.VALUE, plain, Field.AAD, aad));
                    Cipher jdk = Cipher.getInstance("AES/GCM/NoPadding");
                    jdk.init(
                            Cipher.DECRYPT_MODE,
                            JdkKey.symmetric(pair.keyClass()),
                            new GCMParameterSpec(128, mine.iv()));
                    jdk.updateAAD(aad);
                    jdk.update(mine.value());
                    assertArrayEquals(plain, jdk.doFinal(mine.tag()));
                    byte[] iv = bench().random(12);
                    jdk.init(Cipher.ENCRYPT_MODE, JdkKey.symmetric(pair.keyClass()), new GCMParameterSpec(128, iv));
                    jdk.updateAAD(aad);
                    byte[] sealed = jdk.doFinal(plain);
                    Map<Field, byte[]> theirs = Map.of(
                            Field.VALUE,
                            Arrays.copyOf(sealed, 77),
                            Field.TAG,
                            Arrays.copyOfRange(sealed, 77, 93),
                            Field.IV,
                            iv,
                            Field.AAD,
                            aad);
                    assertArrayEquals(plain, Bench.done(bench().ask(pair, Operation.DECRYPT, theirs)));
                }));
    }

    @TestFactory
    default Stream<DynamicTest> makesTheSameCbcCiphertextsAndWrappedKeysAsTheJdk() {
        return Bench.pairs(Family.AES_CBC, Family.AES_CBC_PAD, Family.AES_KEY_WRAP, Family.AES_KEY_WRAP_PAD)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    byte[] plain = bench().random(48);
                    byte[] iv = bench().random(16);
                    boolean wraps = pair.algorithm().serves(Operation.WRAP_KEY);
                    Cipher jdk = Cipher.getInstance(
                            JdkKey.transformation(pair.algorithm().family()));
                    if (wraps) {
                        jdk.init(Cipher.ENCRYPT_MODE, JdkKey.symmetric(pair.keyClass()));
                    } else {
                        jdk.init(Cipher.ENCRYPT_MODE, JdkKey.symmetric(pair.keyClass()), new IvParameterSpec(iv));
                    }
                    byte[] theirs = jdk.doFinal(plain);
                    Operation protect = wraps ? Operation.WRAP_KEY : Operation.ENCRYPT;
                    Operation undo = wraps ? Operation.UNWRAP_KEY : Operation.DECRYPT;
                    Map<Field, byte[]> there = Map.of(Field.VALUE, plain, Field.IV, iv);
                    assertArrayEquals(theirs, Bench.done(bench().ask(pair, protect, there)));
                    Map<Field, byte[]> back = Map.of(Field.VALUE, theirs, Field.IV, iv);
                    assertArrayEquals(plain, Bench.done(bench().ask(pair, undo, back)));
                }));
    }

    @Test
    default void publishesEveryKeyInAFormThatTheJdkReads() throws Exception {
        for (KeyClass keyClass : KeyClass.values()) {
            if (keyClass.type() == KeyType.RSA) {
                assertEquals(keyClass.bits(), JdkKey.of(keyClass).modulusBits());
            }
        }
    }
}
