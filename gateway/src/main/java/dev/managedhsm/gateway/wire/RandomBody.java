// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.vertx.core.json.JsonObject;
import java.lang.foreign.MemorySegment;

/** The bodies of a request for random bytes and of its answer. Any thread. */
public final class RandomBody {
    /** Most random bytes of one answer. */
    public static final int COUNT_MAX = 128;

    private static final String BEFORE = "{\"value\":\"";
    private static final String AFTER = "\"}";

    private RandomBody() {}

    /**
     * How many bytes are wanted.
     *
     * @return 1 to {@link #COUNT_MAX}
     * @throws Refused if the count is missing, or is none of these
     */
    public static int count(JsonObject json) throws Refused {
        if (json.getValue("count") instanceof Integer count && count >= 1 && count <= COUNT_MAX) {
            return count;
        }
        throw new Refused("Property 'count' is required and is an integer from 1 to " + COUNT_MAX);
    }

    /**
     * The answer.
     *
     * @param bytes off-heap
     * @return JSON in a direct buffer, to be wiped and released by whoever takes it
     */
    public static ByteBuf write(MemorySegment bytes) {
        int count = Math.toIntExact(bytes.byteSize());
        int length = BEFORE.length() + Base64Url.encodedLength(count) + AFTER.length();
        ByteBuf json = ByteBufAllocator.DEFAULT.directBuffer(length, length);
        ByteBufUtil.writeAscii(json, BEFORE);
        Base64Url.encode(bytes, 0, count, json);
        ByteBufUtil.writeAscii(json, AFTER);
        return json;
    }
}
