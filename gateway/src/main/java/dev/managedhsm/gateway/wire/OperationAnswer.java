// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.function.IntFunction;

/**
 * Writes the answer of a key operation from a slot into a direct buffer: compact JSON, members in alphabetical order.
 * Called by the thread that owns the slot and the buffers.
 */
public final class OperationAnswer {
    /**
     * Names, quotes and braces of the longest answer, with the key's path; the base URL comes on top. A buffer may not be able to
     * grow beyond it.
     */
    private static final int FRAME_LENGTH_MAX = 320;

    private OperationAnswer() {}

    /**
     * The body of a slot that ended with an answer.
     *
     * @param slot done, or verified
     * @param key the key version that was used
     * @param baseUrl scheme, host and port, without a slash at the end
     * @param buffers gives a direct buffer that can take so many bytes
     * @return such a buffer, with the answer, which may be a plaintext; the caller gives it back to where it came from
     */
    public static ByteBuf encode(OperationSlot slot, KeyFacts key, String baseUrl, IntFunction<ByteBuf> buffers) {
        if (slot.operation() == Operation.VERIFY) {
            ByteBuf out = buffers.apply(16);
            ByteBufUtil.writeAscii(
                    out, slot.outcome() == Outcome.SIGNATURE_VALID ? "{\"value\":true}" : "{\"value\":false}");
            return out;
        }
        int room = FRAME_LENGTH_MAX
                + baseUrl.length()
                + Base64Url.encodedLength(slot.outputValueLength())
                + Base64Url.encodedLength(slot.length(Field.AAD));
        ByteBuf out = buffers.apply(room);
        out.writeByte('{');
        if (slot.outputTagLength() > 0 && slot.has(Field.AAD)) {
            name(out, "aad");
            bytes(out, slot, slot.offset(Field.AAD), slot.length(Field.AAD));
            out.writeByte(',');
        }
        if (slot.operation() != Operation.SIGN) {
            name(out, "alg");
            text(out, WireNames.of(slot.algorithm()));
            out.writeByte(',');
        }
        if (slot.outputIvLength() > 0) {
            name(out, "iv");
            bytes(out, slot, OperationSlot.OUTPUT_IV, slot.outputIvLength());
            out.writeByte(',');
        } else if (echoesIv(slot)) {
            name(out, "iv");
            bytes(out, slot, slot.offset(Field.IV), slot.length(Field.IV));
            out.writeByte(',');
        }
        name(out, "kid");
        out.writeByte('"');
        ByteBufUtil.writeAscii(out, baseUrl);
        ByteBufUtil.writeAscii(out, "/keys/");
        ByteBufUtil.writeAscii(out, key.name().text());
        out.writeByte('/');
        ByteBufUtil.writeAscii(out, key.version().text());
        out.writeByte('"');
        out.writeByte(',');
        if (slot.outputTagLength() > 0) {
            name(out, "tag");
            bytes(out, slot, OperationSlot.OUTPUT_TAG, slot.outputTagLength());
            out.writeByte(',');
        }
        name(out, "value");
        bytes(out, slot, OperationSlot.OUTPUT_VALUE, slot.outputValueLength());
        out.writeByte('}');
        return out;
    }

    /** In CBC the caller made the vector; it comes back so that an answer alone can be decrypted. */
    private static boolean echoesIv(OperationSlot slot) {
        Algorithm.Family family = slot.algorithm().family();
        return slot.operation() == Operation.ENCRYPT
                && (family == Algorithm.Family.AES_CBC || family == Algorithm.Family.AES_CBC_PAD);
    }

    private static void name(ByteBuf out, String name) {
        out.writeByte('"');
        ByteBufUtil.writeAscii(out, name);
        out.writeByte('"');
        out.writeByte(':');
    }

    private static void text(ByteBuf out, String text) {
        out.writeByte('"');
        ByteBufUtil.writeAscii(out, text);
        out.writeByte('"');
    }

    private static void bytes(ByteBuf out, OperationSlot slot, int offset, int length) {
        out.writeByte('"');
        Base64Url.encode(slot.memory(), offset, length, out);
        out.writeByte('"');
    }
}
