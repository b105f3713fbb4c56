// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Runs the vectors of NIST and the RFCs against an engine; each file says where its vectors are from. */
@TestInstance(Lifecycle.PER_CLASS)
abstract class EngineVectorsContract {
    /** The counter mode of an engine's key derivation, with the whole fixed input given. */
    interface Expansion<E> {
        void expand(E engine, MemorySegment key, byte[] fixedInput, MemorySegment out);
    }

    private final Engine engine;
    private final Expansion<Engine> expansion;
    private final Rehearsal rehearsal;
    private final Map<Loaded, EngineKey> keys = new HashMap<>();

    /** What tells keys apart. */
    private record Loaded(KeyClass keyClass, ByteBuffer secret) {}

    <E extends Engine> EngineVectorsContract(E engine, Expansion<E> expansion) {
        this.engine = engine;
        this.expansion = (any, key, fixedInput, out) -> expansion.expand(engine, key, fixedInput, out);
        this.rehearsal = new Rehearsal(engine);
    }

    @AfterAll
    void closeEngine() {
        keys.values().forEach(EngineKey::close);
        rehearsal.close();
        engine.close();
    }

    @TestFactory
    Stream<DynamicContainer> answersAsPublished() {
        return VectorFile.ANSWERS.stream()
                .map(file -> dynamicContainer(
                        file, vectors(file).stream().map(vector -> dynamicTest(vector.id(), () -> run(vector)))));
    }

    private void run(KnownAnswer vector) {
        assertNull(vector.complaint(rehearsal, key(vector)));
    }

    /** Many vectors have one key, and a library may take long to look at one that is brought to it. */
    private EngineKey key(KnownAnswer vector) {
        Loaded which = new Loaded(vector.keyClass(), ByteBuffer.wrap(vector.secret()));
        return keys.computeIfAbsent(which, _ -> vector.load(engine));
    }

    /** Encryption under a given vector is what a sealer does, so there it can be compared. */
    @TestFactory
    Stream<DynamicTest> sealsAsPublished() {
        return vectors("aes-gcm").stream()
                .filter(vector -> vector.keyClass() == KeyClass.OCT_256 && vector.outcome() == Outcome.DONE)
                .map(vector -> dynamicTest(vector.id(), () -> seal(vector)));
    }

    private void seal(KnownAnswer vector) {
        byte[] plain = Objects.requireNonNull(vector.output());
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        expected.writeBytes(input(vector, Field.VALUE));
        expected.writeBytes(input(vector, Field.TAG));
        try (Arena arena = Arena.ofConfined();
                Sealer sealer = engine.sealer(arena.allocateFrom(JAVA_BYTE, vector.secret()))) {
            MemorySegment sealed = arena.allocate(plain.length + Sealer.TAG_LENGTH);
            MemorySegment opened = arena.allocate(plain.length);
            sealer.seal(
                    input(vector, Field.IV), input(vector, Field.AAD), arena.allocateFrom(JAVA_BYTE, plain), sealed);
            assertArrayEquals(expected.toByteArray(), sealed.toArray(JAVA_BYTE));
            assertTrue(sealer.open(input(vector, Field.IV), input(vector, Field.AAD), sealed, opened));
            assertArrayEquals(plain, opened.toArray(JAVA_BYTE));
        }
    }

    /** A vector whose value is changed must not pass, or the loop above compares nothing. */
    @Test
    void complainsOfEveryVectorThatWasGoodAndIsChanged() {
        for (String file : VectorFile.ANSWERS) {
            vectors(file).stream()
                    .filter(vector -> vector.outcome() != Outcome.SIGNATURE_INVALID)
                    .filter(vector -> vector.outcome() != Outcome.DECRYPTION_FAILED)
                    .filter(vector -> input(vector, Field.VALUE).length > 0)
                    .limit(5)
                    .forEach(vector -> assertNotNull(vector.spoiled().complaint(rehearsal, key(vector)), vector::id));
        }
    }

    @TestFactory
    Stream<DynamicTest> saysOfEveryFileWhereItIsFrom() {
        return Stream.concat(VectorFile.ANSWERS.stream(), Stream.of("ecdsa-public-only", "kdf-counter"))
                .map(VectorFile::read)
                .map(file -> dynamicTest(file.name(), () -> {
                    assertFalse(file.head("origin").isEmpty());
                    assertFalse(file.head("standard").isEmpty());
                    assertEquals(file.head("count"), String.valueOf(file.count()));
                }));
    }

    /** No algorithm stands on our own vectors alone, and none that is deterministic on one of its directions alone. */
    @TestFactory
    Stream<DynamicTest> hasPublishedVectorsForEveryAlgorithm() {
        List<KnownAnswer> published = VectorFile.ANSWERS.stream()
                .map(VectorFile::read)
                .filter(VectorFile::published)
                .flatMap(file -> file.answers().stream())
                .filter(vector -> vector.outcome() == Outcome.DONE || vector.outcome() == Outcome.SIGNATURE_VALID)
                .toList();
        return Stream.of(Algorithm.values())
                .map(algorithm -> dynamicTest(algorithm.name(), () -> {
                    Set<Operation> asked = EnumSet.noneOf(Operation.class);
                    published.stream()
                            .filter(vector -> vector.algorithm() == algorithm)
                            .forEach(vector -> asked.add(vector.operation()));
                    assertTrue(asked.containsAll(known(algorithm)), () -> "asked: " + asked);
                }));
    }

    /** The operations whose answer does not depend on random bytes. */
    private static Set<Operation> known(Algorithm algorithm) {
        return switch (algorithm.family()) {
            case RSA_PKCS1_SIGNATURE, HMAC -> EnumSet.of(Operation.SIGN, Operation.VERIFY);
            case RSA_PSS_SIGNATURE, ECDSA -> EnumSet.of(Operation.VERIFY);
            case RSA_ENCRYPTION, AES_GCM -> EnumSet.of(Operation.DECRYPT);
            case AES_CBC, AES_CBC_PAD -> EnumSet.of(Operation.ENCRYPT, Operation.DECRYPT);
            case AES_KEY_WRAP, AES_KEY_WRAP_PAD -> EnumSet.of(Operation.WRAP_KEY, Operation.UNWRAP_KEY);
        };
    }

    @TestFactory
    Stream<DynamicTest> derivesAsPublished() {
        return VectorFile.read("kdf-counter").sections().stream()
                .map(vector -> dynamicTest(Objects.requireNonNull(vector.get("id")), () -> {
                    byte[] expected = VectorFile.bytes(vector, "output");
                    try (Arena arena = Arena.ofConfined()) {
                        MemorySegment key = arena.allocateFrom(JAVA_BYTE, VectorFile.bytes(vector, "key"));
                        MemorySegment out = arena.allocate(expected.length);
                        expansion.expand(engine, key, VectorFile.bytes(vector, "fixed"), out);
                        assertArrayEquals(expected, out.toArray(JAVA_BYTE));
                    }
                }));
    }

    /**
     * PBKDF2 (RFC 8018 section 5.2) is HMAC over a digest again and again, so its published results are answers about
     * thousands of our signatures: those of RFC 8009 appendix A for SHA-256 and SHA-384, of CPython's tests for SHA-512.
     */
    @TestFactory
    Stream<DynamicTest> signsAsPbkdf2Publishes() {
        byte[] principal = ascii("ATHENA.MIT.EDUraeburn");
        byte[] random = HexFormat.of().parseHex("10df9dd783e5bc8acea1730e74355f61");
        byte[] salt128 = joined(ascii("aes128-cts-hmac-sha256-128"), new byte[1], random, principal);
        byte[] salt256 = joined(ascii("aes256-cts-hmac-sha384-192"), new byte[1], random, principal);
        return Stream.of(
                dynamicTest("RFC 8009, SHA-256", () -> {
                    byte[] key = Arrays.copyOf(pbkdf2(Algorithm.HS256, salt128, 32768), 16);
                    assertArrayEquals(
                            HexFormat.of().parseHex("089bca48b105ea6ea77ca5d2f39dc5e7"),
                            Arrays.copyOf(mac(Algorithm.HS256, key, kerberos(128)), 16));
                }),
                dynamicTest("RFC 8009, SHA-384", () -> {
                    byte[] key = Arrays.copyOf(pbkdf2(Algorithm.HS384, salt256, 32768), 32);
                    assertArrayEquals(
                            HexFormat.of().parseHex("45bd806dbf6a833a9cffc1c94589a222367a79bc21c413718906e9f578a78467"),
                            Arrays.copyOf(mac(Algorithm.HS384, key, kerberos(256)), 32));
                }),
                dynamicTest(
                        "CPython, SHA-512",
                        () -> assertArrayEquals(
                                HexFormat.of()
                                        .parseHex("d197b1b33db0143e018b12f3d1d1479e6cdebdcc97c5c0f87f6902e072f457b5"
                                                + "143f30602641b3d55cd335988cb36b84376060ecd532e039b742a239434af2d5"),
                                pbkdf2(Algorithm.HS512, ascii("salt"), 4096))));
    }

    /** One block under the password "password", which HMAC fills up with zero bytes; all but the first HMAC by the engine. */
    private byte[] pbkdf2(Algorithm algorithm, byte[] salt, int iterations) throws GeneralSecurityException {
        byte[] password = Arrays.copyOf(ascii("password"), 16);
        byte[] u = mac(algorithm, password, joined(salt, new byte[] {0, 0, 0, 1}));
        byte[] result = u.clone();
        try (Arena arena = Arena.ofConfined();
                EngineKey key =
                        engine.load(KeyClass.OCT_128, new PublicPart.None(), arena.allocateFrom(JAVA_BYTE, password))) {
            for (int i = 1; i < iterations; i++) {
                assertEquals(Outcome.DONE, rehearsal.run(key, Operation.SIGN, algorithm, Map.of(Field.VALUE, u)));
                u = rehearsal.value();
                for (int at = 0; at < u.length; at++) {
                    result[at] ^= u[at];
                }
            }
        }
        return result;
    }

    /** What RFC 8009 section 5 derives from: 00000001 ‖ label ‖ 0 ‖ bits. */
    private static byte[] kerberos(int bits) {
        return joined(
                new byte[] {0, 0, 0, 1}, ascii("kerberos"), new byte[] {0, 0, 0, (byte) (bits >> 8), (byte) bits});
    }

    /** HMAC over a message that is no digest, which no engine takes. */
    private static byte[] mac(Algorithm algorithm, byte[] key, byte[] message) throws GeneralSecurityException {
        String name = "HmacSHA" + 8 * algorithm.digestLength();
        Mac mac = Mac.getInstance(name);
        mac.init(new SecretKeySpec(key, name));
        return mac.doFinal(message);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        Stream.of(parts).forEach(all::writeBytes);
        return all.toByteArray();
    }

    static List<KnownAnswer> vectors(String file) {
        return VectorFile.read(file).answers();
    }

    private static byte[] input(KnownAnswer vector, Field field) {
        return vector.inputs().getOrDefault(field, new byte[0]);
    }
}
