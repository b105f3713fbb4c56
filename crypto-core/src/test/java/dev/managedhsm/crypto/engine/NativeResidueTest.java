// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.managedhsm.crypto.fixture.ThreadStack;
import dev.managedhsm.crypto.foreign.CLibrary;
import dev.managedhsm.crypto.foreign.CryptoLibrary;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import org.junit.jupiter.api.Test;

/** What the library itself leaves of a key, so that a test cannot say where and when. */
class NativeResidueTest {
    @Test
    void leavesNothingOfAKeyThatIsSealedOpenedOrLoaded() throws Exception {
        assumeTrue(CLibrary.known());
        assumeTrue(CryptoLibrary.chosen().awsLc(), "another library may use registers that its AES-GCM does not");
        byte[] key = random(KeyClass.OCT_128.bytes());
        byte[] nonce = random(Sealer.NONCE_LENGTH);
        byte[] aad = random(40);
        try (NativeEngine engine = NativeEngine.open();
                Arena arena = Arena.ofShared();
                Sealer sealer = engine.sealer(arena.allocateFrom(JAVA_BYTE, random(32)))) {
            MemorySegment secret = arena.allocateFrom(JAVA_BYTE, key);
            MemorySegment sealed = arena.allocate(key.length + Sealer.TAG_LENGTH);
            MemorySegment opened = arena.allocate(key.length);
            for (int i = 0; i < 2000; i++) { // the JVM saves registers while it makes code of what it interpreted
                byte[] stack = ThreadStack.after(() -> {
                    sealer.seal(nonce, aad, secret, sealed);
                    sealer.open(nonce, aad, sealed, opened);
                    engine.load(KeyClass.OCT_128, new PublicPart.None(), opened).close();
                });
                assertEquals(0, ThreadStack.pieces(key, stack));
            }
        }
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new SecureRandom().nextBytes(bytes);
        return bytes;
    }
}
