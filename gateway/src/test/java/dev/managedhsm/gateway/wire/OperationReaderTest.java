// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Completions;
import dev.managedhsm.crypto.operation.Limits;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import io.netty.buffer.Unpooled;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OperationReaderTest {
    private final Arena arena = Arena.ofConfined();
    private final OperationSlot slot = new OperationSlot(0, arena.allocate(Limits.SLOT_LENGTH), new Nowhere());
    private final OperationReader reader = new OperationReader();

    @AfterEach
    void release() {
        arena.close();
    }

    @Test
    void readsEveryField() {
        assertNull(
                read(
                        Operation.DECRYPT,
                        " {\"alg\" : \"A256GCM\", \"value\":\"AQID\",\"iv\":\"AAAAAAAAAAAAAAAA\",\n\"aad\":\"\",\"tag\":\"AAAAAAAAAAAAAAAAAAAAAA\"} "));
        assertEquals(Algorithm.A256GCM, reader.algorithm());
        assertEquals(3, slot.length(Field.VALUE));
        assertEquals(12, slot.length(Field.IV));
        assertEquals(16, slot.length(Field.TAG));
        assertTrue(slot.has(Field.AAD));
        assertEquals(0x010203, slot.memory().get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0) << 16 | 0x0203);
    }

    @Test
    void readsASignatureAndItsDigest() {
        assertNull(read(Operation.VERIFY, "{\"alg\":\"ES256\",\"digest\":\"AAAA\",\"value\":\"AQ\"}"));
        assertEquals(3, slot.length(Field.DIGEST));
        assertEquals(1, slot.length(Field.VALUE));
    }

    @Test
    void skipsMembersItDoesNotKnow() {
        assertNull(
                read(
                        Operation.SIGN,
                        "{\"x\":{\"a\":[1,-2.5e3,true,null,{}],\"b\":\"\\\"}\"},\"alg\":\"RS256\",\"n\":[],\"value\":\"AA\",\"z\":false}"));
        assertEquals(1, slot.length(Field.VALUE));
    }

    @Test
    void takesNullForAbsent() {
        assertNull(read(Operation.ENCRYPT, "{\"alg\":\"RSA-OAEP\",\"value\":\"AA\",\"iv\":null,\"aad\":null}"));
        assertFalse(slot.has(Field.IV));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "null",
                "\"alg\"",
                "{",
                "{}x",
                "{\"alg\"}",
                "{\"alg\":\"RS256\",}",
                "{\"alg\":\"RS256\" \"value\":\"AA\"}",
                "{\"alg\":\"RS256\",\"value\":\"AA\"",
                "{\"alg\":\"RS256\",\"value\":\"AA\"}}",
                "{\"alg\":\"RS256\",\"value\":\"AA",
                "{\"alg\":\"RS256\",\"value\":\"AA\",\"x\":tru}",
                "{\"alg\":\"RS256\",\"value\":\"AA\",\"x\":[}",
                "{\"alg\":\"RS256\",\"value\":\"AA\",\"x\":\"\\"
            })
    void refusesWhatIsNoJsonObject(String body) {
        WireError fault = read(Operation.SIGN, body);
        assertNotNull(fault);
        assertEquals(400, fault.status());
        assertEquals("BadParameter", fault.code());
    }

    @Test
    void refusesNestingWithoutEnd() {
        WireError fault = read(Operation.SIGN, "{\"x\":" + "[".repeat(5000) + "]".repeat(5000) + "}");
        assertNotNull(fault);
    }

    @Test
    void namesTheMemberThatIsMissing() {
        assertFault("'alg'", Operation.SIGN, "{\"value\":\"AA\"}");
        assertFault("'value'", Operation.SIGN, "{\"alg\":\"RS256\"}");
        assertFault("'digest'", Operation.VERIFY, "{\"alg\":\"RS256\",\"value\":\"AA\"}");
    }

    @Test
    void refusesAMemberThatIsGivenTwice() {
        assertFault("'value' is given twice", Operation.SIGN, "{\"alg\":\"RS256\",\"value\":\"AA\",\"value\":\"AQ\"}");
    }

    @Test
    void refusesAMemberThatIsNoString() {
        assertFault("'value' is not a string", Operation.SIGN, "{\"alg\":\"RS256\",\"value\":12}");
        assertFault("'alg' is not a string", Operation.SIGN, "{\"alg\":[],\"value\":\"AA\"}");
    }

    @Test
    void refusesAnAlgorithmItDoesNotKnow() {
        assertFault("'alg'", Operation.SIGN, "{\"alg\":\"none\",\"value\":\"AA\"}");
        assertFault("'alg'", Operation.SIGN, "{\"alg\":\"" + "R".repeat(4000) + "\",\"value\":\"AA\"}");
    }

    @Test
    void refusesAValueThatIsNoBase64Url() {
        assertFault("'value' is not base64url", Operation.SIGN, "{\"alg\":\"RS256\",\"value\":\"A*\"}");
        assertFault("'iv' is not base64url", Operation.ENCRYPT, "{\"alg\":\"A128CBC\",\"iv\":\"A\",\"value\":\"AA\"}");
    }

    @Test
    void refusesAValueThatIsTooLong() {
        String value = Base64.getUrlEncoder().encodeToString(new byte[Limits.VALUE_LENGTH_MAX + 1]);
        assertFault("'value' is too long", Operation.ENCRYPT, "{\"alg\":\"A128CBC\",\"value\":\"" + value + "\"}");
    }

    @Test
    void takesTheLongestValue() {
        String value = Base64.getUrlEncoder().encodeToString(new byte[Limits.VALUE_LENGTH_MAX]);
        assertNull(read(Operation.ENCRYPT, "{\"alg\":\"A128GCM\",\"value\":\"" + value + "\"}"));
        assertEquals(Limits.VALUE_LENGTH_MAX, slot.length(Field.VALUE));
    }

    @Test
    void takesBackWhatTheLongestValueBecame() {
        byte[] padded = new byte[Limits.VALUE_LENGTH_MAX + Limits.EXPANSION_MAX];
        String value = Base64.getUrlEncoder().encodeToString(padded);
        assertNull(read(Operation.DECRYPT, "{\"alg\":\"A128CBCPAD\",\"value\":\"" + value + "\"}"));
        assertEquals(padded.length, slot.length(Field.VALUE));
        slot.wipe();
        assertFault("'value' is too long", Operation.ENCRYPT, "{\"alg\":\"A128CBC\",\"value\":\"" + value + "\"}");
    }

    private void assertFault(String expected, Operation operation, String body) {
        WireError fault = read(operation, body);
        slot.wipe();
        assertNotNull(fault);
        assertEquals(400, fault.status());
        assertTrue(fault.message().contains(expected), fault.message());
    }

    private @Nullable WireError read(Operation operation, String body) {
        return reader.read(Unpooled.copiedBuffer(body, StandardCharsets.UTF_8), operation, slot);
    }

    private record Nowhere() implements Completions {
        @Override
        public void offer(OperationSlot slot) {
            throw new IllegalStateException("nothing runs here");
        }

        @Override
        public void wake() {
            throw new IllegalStateException("nothing runs here");
        }
    }
}
