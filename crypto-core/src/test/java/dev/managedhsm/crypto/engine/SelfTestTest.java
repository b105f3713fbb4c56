// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.operation.Algorithm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

final class SelfTestTest {
    @TestFactory
    Stream<DynamicTest> stopsThePortableEngineWhenATestIsForcedToFail() {
        return SelfTest.names().stream()
                .map(name -> dynamicTest(name, () -> {
                    try (Engine engine = new PortableEngine(name::equals)) {
                        fails(name, engine::selfTest);
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> stopsTheNativeEngineWhenATestIsForcedToFail() {
        return SelfTest.names().stream()
                .map(name -> dynamicTest(
                        name,
                        () -> fails(name, () -> NativeEngine.open(name::equals).close())));
    }

    @TestFactory
    Stream<DynamicTest> stopsAPairThatIsForcedToBeInconsistent() {
        return Stream.of(KeyClass.values())
                .filter(keyClass -> keyClass.type() != KeyType.OCT && !keyClass.slow())
                .map(keyClass -> dynamicTest(keyClass.name(), () -> {
                    String name = SelfTest.pair(keyClass);
                    try (Arena arena = Arena.ofConfined();
                            Engine portable = new PortableEngine(name::equals);
                            Engine library = NativeEngine.open(name::equals)) {
                        MemorySegment secret = arena.allocate(Engine.SECRET_LENGTH_MAX);
                        fails(name, () -> portable.generate(keyClass, secret));
                        fails(name, () -> library.generate(keyClass, secret));
                    }
                }));
    }

    private static void fails(String name, Executable work) {
        EngineFailure failure = assertThrows(EngineFailure.class, work);
        assertTrue(String.valueOf(failure.getMessage()).startsWith("self-test failed: " + name));
    }

    @Test
    void passesWhenNoTestIsForcedToFail() {
        try (Engine engine = new PortableEngine(name -> false)) {
            engine.selfTest();
        }
    }

    @Test
    void namesEveryTestOnce() {
        Set<String> names = new HashSet<>(SelfTest.names());
        assertEquals(SelfTest.names().size(), names.size());
    }

    @Test
    void knowsAnAnswerOfEveryAlgorithm() {
        Set<Algorithm> missing = EnumSet.allOf(Algorithm.class);
        SelfTest.answers().stream().map(KnownAnswer::algorithm).forEach(missing::remove);
        assertEquals(EnumSet.noneOf(Algorithm.class), missing);
    }

    @Test
    void refusesAPairWhoseHalvesDoNotBelongTogether() {
        KnownAnswer one = Bench.published(KeyClass.P_256);
        KnownAnswer other = EngineVectorsContract.vectors("ecdsa").getFirst();
        ECPublicKeyParameters stranger = PortableEcdsa.publicKey(KeyClass.P_256, (PublicPart.Point) other.publicPart());
        try (Arena arena = Arena.ofConfined();
                Engine engine = new PortableEngine(name -> false);
                EngineKey key =
                        new PortableKey(KeyClass.P_256, stranger, arena.allocateFrom(JAVA_BYTE, one.secret()))) {
            EngineFailure failure =
                    assertThrows(EngineFailure.class, () -> SelfTest.checkPair(engine, key, name -> false));
            assertTrue(String.valueOf(failure.getMessage()).contains("pairwise consistency"));
        }
    }
}
