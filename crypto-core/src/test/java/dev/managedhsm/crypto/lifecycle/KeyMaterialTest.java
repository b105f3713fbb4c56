// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.keyring.SecretAccess;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KeyMaterialTest {
    private static final byte FIRST = 7;
    private static final int LENGTH = 16;

    @Test
    void comesInByTheRightToImport() {
        try (KeyMaterial material = symmetric();
                Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(LENGTH);

            assertEquals(LENGTH, material.write(new PublicPart.None(), SecretAccess.IMPORT, out));
            assertEquals(FIRST, out.get(JAVA_BYTE, 0));
        }
    }

    @ParameterizedTest
    @EnumSource(names = "IMPORT", mode = EnumSource.Mode.EXCLUDE)
    void comesInByNoRightToTakeASecretOut(SecretAccess access) {
        try (KeyMaterial material = symmetric();
                Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(LENGTH);

            assertThrows(IllegalStateException.class, () -> material.write(new PublicPart.None(), access, out));
            assertEquals(0, out.get(JAVA_BYTE, 0));
        }
    }

    private static KeyMaterial symmetric() {
        KeyMaterial material = new KeyMaterial();
        material.memory().set(JAVA_BYTE, 0, FIRST);
        material.put(KeyMaterial.Part.KEY, 0, LENGTH);
        return material;
    }
}
