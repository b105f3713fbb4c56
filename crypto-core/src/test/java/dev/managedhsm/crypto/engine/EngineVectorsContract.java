// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
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
    private static final List<String> FILES = List.of(
            "keys",
            "rsa-pkcs1-signature",
            "rsa-pss-signature",
            "rsa-encryption",
            "ecdsa",
            "hmac",
            "aes-gcm",
            "aes-cbc",
            "aes-cbc-pad",
            "aes-key-wrap",
            "aes-key-wrap-pad");

    private final Engine engine;
    private final Rehearsal rehearsal;

    EngineVectorsContract(Engine engine) {
        this.engine = engine;
        this.rehearsal = new Rehearsal(engine);
    }

    @AfterAll
    void closeEngine() {
        rehearsal.close();
        engine.close();
    }

    @TestFactory
    Stream<DynamicContainer> answersAsPublished() {
        return FILES.stream()
                .map(file -> dynamicContainer(
                        file, vectors(file).stream().map(vector -> dynamicTest(vector.id(), () -> run(vector)))));
    }

    private void run(KnownAnswer vector) {
        try (EngineKey key = vector.load(engine)) {
            assertNull(vector.complaint(rehearsal, key));
        }
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
        for (String file : FILES) {
            vectors(file).stream()
                    .filter(vector -> vector.outcome() != Outcome.SIGNATURE_INVALID)
                    .filter(vector -> vector.outcome() != Outcome.DECRYPTION_FAILED)
                    .filter(vector -> input(vector, Field.VALUE).length > 0)
                    .limit(5)
                    .forEach(vector -> {
                        try (EngineKey key = vector.load(engine)) {
                            assertNotNull(vector.spoiled().complaint(rehearsal, key), vector::id);
                        }
                    });
        }
    }

    /** RSNULL has no published vectors; the self-test has one, made elsewhere. */
    @Test
    void hasVectorsForEveryAlgorithm() {
        Set<Algorithm> missing = EnumSet.allOf(Algorithm.class);
        FILES.stream()
                .flatMap(file -> vectors(file).stream())
                .map(KnownAnswer::algorithm)
                .forEach(missing::remove);
        assertEquals(EnumSet.of(Algorithm.RSNULL), missing);
    }

    static List<KnownAnswer> vectors(String file) {
        return KnownAnswerFile.read(EngineVectorsContract.class, "/vectors/" + file + ".txt");
    }

    private static byte[] input(KnownAnswer vector, Field field) {
        return vector.inputs().getOrDefault(field, new byte[0]);
    }
}
