// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import java.nio.ByteBuffer;

/** What {@link Engine#derive} makes of its label and context, the same for every engine. */
final class Derivation {
    private Derivation() {}

    /**
     * The fixed input of NIST SP 800-108r1 section 4: label ‖ 0 ‖ context ‖ [L].
     *
     * @param length how many bytes are derived
     */
    static byte[] fixedInput(byte[] label, byte[] context, long length) {
        return ByteBuffer.allocate(label.length + 1 + context.length + Integer.BYTES)
                .put(label)
                .put((byte) 0)
                .put(context)
                .putInt(Math.toIntExact(Math.multiplyExact(8L, length)))
                .array();
    }
}
