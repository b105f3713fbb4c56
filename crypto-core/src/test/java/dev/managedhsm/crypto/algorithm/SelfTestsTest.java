// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.crypto.foreign.LibraryFailure;
import dev.managedhsm.crypto.foreign.Secp256k1;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.memory.SecretCells;
import java.util.HashSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

class SelfTestsTest {
    private final SecretCells cells = new SecretCells(128, "a test");
    private final Scratch scratch = new Scratch();

    @AfterEach
    void close() {
        assertEquals(0, cells.taken());
        scratch.close();
        cells.close();
    }

    @Test
    void passWithTheChosenLibrary() {
        assertDoesNotThrow(() -> SelfTests.run(scratch, cells));
    }

    @Test
    void haveDifferentNames() {
        assertEquals(SelfTests.names().size(), new HashSet<>(SelfTests.names()).size());
    }

    @TestFactory
    Stream<DynamicTest> stopTheirUserOneByOne() {
        return SelfTests.names().stream()
                .map(name -> dynamicTest(name, () -> {
                    LibraryFailure failure = broken(name, () -> SelfTests.run(scratch, cells));
                    assertEquals("self-test failed: " + name, failure.getMessage());
                }));
    }

    @Test
    void refusePairsThatAreNotConsistent() {
        try (LockedMemory secret = LockedMemory.allocate(4096, "a test")) {
            broken("pairwise RSA", () -> RsaKeys.generate(KeyClass.RSA_2048, 65_537, secret.segment(), scratch));
            broken("pairwise EC", () -> EcKeys.generate(KeyClass.P_256, secret.segment(), scratch, cells));
            String curve = Secp256k1.available() ? "pairwise secp256k1" : "pairwise EC";
            broken(curve, () -> EcKeys.generate(KeyClass.P_256K, secret.segment(), scratch, cells));
        }
    }

    private static LibraryFailure broken(String name, Executable work) {
        System.setProperty(SelfTest.BREAK_PROPERTY, name);
        try {
            return assertThrows(LibraryFailure.class, work);
        } finally {
            System.clearProperty(SelfTest.BREAK_PROPERTY);
        }
    }
}
