// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.operation.Algorithm;
import java.lang.foreign.Arena;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class SelfTestTest {
    @TestFactory
    Stream<DynamicTest> stopsTheEngineWhenATestIsForcedToFail() {
        return SelfTest.names().stream()
                .map(name -> dynamicTest(name, () -> {
                    try (Engine engine = new PortableEngine(name::equals)) {
                        EngineFailure failure = assertThrows(EngineFailure.class, engine::selfTest);
                        assertTrue(String.valueOf(failure.getMessage()).contains(name));
                    }
                }));
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
        KnownAnswerFile.read(SelfTest.class, "known-answers.txt").stream()
                .map(KnownAnswer::algorithm)
                .forEach(missing::remove);
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
            EngineFailure failure = assertThrows(EngineFailure.class, () -> SelfTest.checkPair(engine, key));
            assertTrue(String.valueOf(failure.getMessage()).contains("pairwise consistency"));
        }
    }
}
