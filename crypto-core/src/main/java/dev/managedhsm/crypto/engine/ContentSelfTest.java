// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/** The known answer of RFC 7518 appendix B.3, there and back, and with a wrong tag. Stateless. */
final class ContentSelfTest {
    private static final byte[] IV = hex("1af38c2dc2b96ffdd86694092341bc04");
    private static final byte[] AAD = ascii("The second principle of Auguste Kerckhoffs");
    private static final byte[] CONTENT =
            ascii("A cipher system must not be required to be secret, and it must be able to fall into the hands of the"
                    + " enemy without inconvenience");
    private static final byte[] SEALED = hex("4affaaadb78c31c5da4b1b590d10ffbd3dd8d5d302423526912da037ecbcc7bd"
            + "822c301dd67c373bccb584ad3e9279c2e6d12a1374b77f077553df829410446b"
            + "36ebd97066296ae6427ea75c2e0846a11a09ccf5370dc80bfecbad28c73f09b3"
            + "a3b75e662a2594410ae496b2e2e6609e31e6e02cc837f053d21f37ff4f51950b"
            + "be2638d09dd7a4930930806d0703b1f6"
            + "4dd3b4c088a7f45c216839645b2012bf2e6269a8c56a816dbc1b267761955bc5");

    private ContentSelfTest() {}

    /** Whether the engine gives the known answer. */
    static boolean passes(Engine engine, boolean spoil) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment key = arena.allocate(Engine.CONTENT_KEY_LENGTH);
            for (int i = 0; i < Engine.CONTENT_KEY_LENGTH; i++) {
                key.set(JAVA_BYTE, i, (byte) i);
            }
            MemorySegment iv = arena.allocateFrom(JAVA_BYTE, IV);
            byte[] aad = spoil ? new byte[AAD.length] : AAD;
            MemorySegment sealed = arena.allocate(SEALED.length);
            MemorySegment opened = arena.allocate(SEALED.length);
            engine.sealContent(key, iv, aad, arena.allocateFrom(JAVA_BYTE, CONTENT), sealed);
            boolean good = Arrays.equals(SEALED, sealed.toArray(JAVA_BYTE));
            int length = engine.openContent(key, iv, aad, sealed, opened);
            good &= length == CONTENT.length
                    && Arrays.equals(CONTENT, opened.asSlice(0, length).toArray(JAVA_BYTE));
            sealed.set(JAVA_BYTE, SEALED.length - 1L, (byte) (sealed.get(JAVA_BYTE, SEALED.length - 1L) ^ 1));
            return good && engine.openContent(key, iv, aad, sealed, opened) == Engine.CONTENT_NOT_OURS;
        }
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
