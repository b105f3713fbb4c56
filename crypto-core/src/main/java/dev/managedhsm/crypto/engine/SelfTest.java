// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.engine.Engine.GeneratedKey;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The known-answer tests that stand between an engine and its first user, and the pairwise consistency test of every
 * pair it makes (FIPS 140-3 section 7.10). The same for every engine. Stateless; any thread may run them.
 */
final class SelfTest {
    private static final String DERIVE = "key derivation, SP 800-108 with HMAC-SHA-512";
    private static final String SEAL = "sealing, AES-256-GCM";
    private static final String CONTENT = "sealing content, AES-256-CBC with HMAC-SHA-512";
    private static final String RANDOM = "random bytes, two draws differ";

    /** HMAC-SHA-512 by another implementation, key 00 to 3f, label "label", context "context". */
    private static final String DERIVED = """
            c9d38d4bd8a6910c927a52dbaa5e8b827269a320b9c15137e11fb43495119f22a96a33183ea61376d74fff244c20636e
            5285034795de32d6f666e218d99bd535141536ef2e751461023df3c56e0ac015""";

    /** NIST CAVP gcmEncryptExtIV256, PTlen 408, AADlen 160, count 0. */
    private static final byte[] SEAL_KEY = hex("24501ad384e473963d476edcfe08205237acfd49b5b8f33857f8114e863fec7f");

    private static final byte[] SEAL_NONCE = hex("9ff18563b978ec281b3f2794");
    private static final byte[] SEAL_AAD = hex("adb5ec720ccf9898500028bf34afccbcaca126ef");
    private static final byte[] SEAL_PLAINTEXT =
            hex("27f348f9cdc0c5bd5e66b1ccb63ad920ff2219d14e8d631b3872265cf117ee86757accb158bd9abb3868fdc0d0b074"
                    + "b5f01b2c");
    private static final byte[] SEALED =
            hex("eb7cb754c824e8d96f7c6d9b76c7d26fb874ffbf1d65c6f64a698d839b0b06145dae82057ad55994cf59ad7f67c0fa"
                    + "5e85fab8bc95c532fecc594c36d1550286a7a3f0");

    private static final String BESIDE_ALGORITHMS = "/dev/managedhsm/crypto/algorithm/";

    /** Each has its known answers beside its code. */
    private static final List<String> FAMILIES =
            List.of("RsaSignature", "RsaEncryption", "Ecdsa", "Hmac", "AesGcm", "AesCbc", "AesKeyWrap");

    private SelfTest() {}

    /** Names of all tests, in the order in which they run. */
    static List<String> names() {
        return Stream.concat(answers().stream().map(KnownAnswer::id), Stream.of(DERIVE, SEAL, CONTENT, RANDOM))
                .toList();
    }

    /**
     * Runs all tests.
     *
     * @param spoiled names of tests whose question is changed, so that they must fail; none in use
     * @throws EngineFailure naming the first test that failed
     */
    static void run(Engine engine, Predicate<String> spoiled) {
        try (Rehearsal rehearsal = new Rehearsal(engine)) {
            for (KnownAnswer answer : answers()) {
                run(engine, rehearsal, spoiled.test(answer.id()) ? answer.spoiled() : answer);
            }
        }
        check(derives(engine, spoiled.test(DERIVE)), DERIVE);
        check(seals(engine, spoiled.test(SEAL)), SEAL);
        check(ContentSelfTest.passes(engine, spoiled.test(CONTENT)), CONTENT);
        check(draws(engine, spoiled.test(RANDOM)), RANDOM);
    }

    /**
     * Proves that the two halves of a pair belong together, as they were written: signs with one, verifies with the other.
     * Has nothing to prove of a symmetric key.
     *
     * @param secret where the secret encoding starts
     * @param spoiled names of pairs ({@link #pair}) that are to be found bad; none in use
     * @throws EngineFailure if they do not
     */
    static void checkPair(
            Engine engine, KeyClass keyClass, GeneratedKey made, MemorySegment secret, Predicate<String> spoiled) {
        if (keyClass.type() == KeyType.OCT) {
            return;
        }
        try (EngineKey key = engine.load(keyClass, made.publicPart(), secret.asSlice(0, made.secretLength()))) {
            checkPair(engine, key, spoiled);
        }
    }

    /** The same with a loaded key. */
    static void checkPair(Engine engine, EngineKey key, Predicate<String> spoiled) {
        Algorithm algorithm = Arrays.stream(Algorithm.values())
                .filter(any -> any.digestLength() > 0 && any.fits(key.keyClass()) && any.serves(Operation.SIGN))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no key of this class signs"));
        byte[] digest = new byte[algorithm.digestLength()];
        Arrays.fill(digest, (byte) 0xa5);
        try (Rehearsal rehearsal = new Rehearsal(engine)) {
            boolean good = rehearsal.run(key, Operation.SIGN, algorithm, Map.of(Field.VALUE, digest)) == Outcome.DONE;
            if (spoiled.test(pair(key.keyClass()))) {
                digest[0] = 0;
            }
            Map<Field, byte[]> signed = Map.of(Field.DIGEST, digest, Field.VALUE, rehearsal.value());
            good = good && rehearsal.run(key, Operation.VERIFY, algorithm, signed) == Outcome.SIGNATURE_VALID;
            check(good, pair(key.keyClass()));
        }
    }

    /** Name of the pairwise consistency test of a class. */
    static String pair(KeyClass keyClass) {
        return "pairwise consistency, " + keyClass;
    }

    private static void run(Engine engine, Rehearsal rehearsal, KnownAnswer answer) {
        try (EngineKey key = answer.load(engine)) {
            String complaint = answer.complaint(rehearsal, key);
            if (complaint == null && random(answer)) {
                complaint = answer.complaintThereAndBack(rehearsal, key);
            }
            if (complaint != null) {
                throw failure(complaint);
            }
        }
    }

    /** Whether this answer undoes what is done with random bytes, and was meant to succeed. */
    private static boolean random(KnownAnswer answer) {
        boolean signature = answer.operation() == Operation.VERIFY && answer.outcome() == Outcome.SIGNATURE_VALID;
        boolean encryption = answer.operation() == Operation.DECRYPT && answer.outcome() == Outcome.DONE;
        return switch (answer.algorithm().family()) {
            case RSA_PSS_SIGNATURE, ECDSA -> signature;
            case RSA_ENCRYPTION, AES_GCM -> encryption;
            default -> false;
        };
    }

    private static boolean derives(Engine engine, boolean spoil) {
        byte[] key = new byte[64];
        for (int i = 0; i < key.length; i++) {
            key[i] = (byte) i;
        }
        byte[] expected = hex(DERIVED.replace("\n", ""));
        byte[] label = (spoil ? "Label" : "label").getBytes(StandardCharsets.US_ASCII);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(expected.length);
            engine.derive(offHeap(arena, key), label, "context".getBytes(StandardCharsets.US_ASCII), out);
            return Arrays.equals(expected, out.toArray(JAVA_BYTE));
        }
    }

    private static boolean seals(Engine engine, boolean spoil) {
        byte[] aad = spoil ? new byte[SEAL_AAD.length] : SEAL_AAD;
        try (Arena arena = Arena.ofConfined();
                Sealer sealer = engine.sealer(offHeap(arena, SEAL_KEY))) {
            MemorySegment sealed = arena.allocate(SEALED.length);
            MemorySegment opened = arena.allocate(SEAL_PLAINTEXT.length);
            sealer.seal(SEAL_NONCE, aad, offHeap(arena, SEAL_PLAINTEXT), sealed);
            boolean good = Arrays.equals(SEALED, sealed.toArray(JAVA_BYTE));
            good &= sealer.open(SEAL_NONCE, aad, sealed, opened);
            good &= Arrays.equals(SEAL_PLAINTEXT, opened.toArray(JAVA_BYTE));
            sealed.set(JAVA_BYTE, 0, (byte) (sealed.get(JAVA_BYTE, 0) ^ 1));
            return good && !sealer.open(SEAL_NONCE, aad, sealed, opened);
        }
    }

    private static boolean draws(Engine engine, boolean spoil) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment one = arena.allocate(KeyClass.OCT_256.bytes());
            MemorySegment other = arena.allocate(KeyClass.OCT_256.bytes());
            engine.random(one);
            engine.random(other);
            return (spoil ? one : other).mismatch(one) >= 0;
        }
    }

    /** All known answers, in the order in which they are asked for. */
    static List<KnownAnswer> answers() {
        return FAMILIES.stream()
                .flatMap(family -> KnownAnswerFile.read(SelfTest.class, BESIDE_ALGORITHMS + family + ".txt").stream())
                .toList();
    }

    private static MemorySegment offHeap(Arena arena, byte[] bytes) {
        return arena.allocateFrom(JAVA_BYTE, bytes);
    }

    private static void check(boolean good, String name) {
        if (!good) {
            throw failure(name);
        }
    }

    private static EngineFailure failure(String name) {
        return new EngineFailure("self-test failed: " + name + "; do not use this engine, replace library or machine");
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }
}
