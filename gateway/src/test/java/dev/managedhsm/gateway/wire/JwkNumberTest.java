// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JwkNumberTest {
    @ParameterizedTest
    @CsvSource({
        "00010203, 4, 0",
        "01020304, 4, 0",
        "00000000, 4, 0", // the full length
        "010203, 4, 0",
        "01, 4, 0",
        "00, 4, 0", // as short as it can be
        "0080000000, 4, 1",
        "008000, 4, 1",
        "0080, 0, 1", // with a zero byte for the sign
        "010001, 0, 0",
        "00, 0, 0",
        "0001, 4, -1",
        "000102, 4, -1",
        "000080, 4, -1",
        "0000, 0, -1",
        "00010001, 0, -1", // more zero bytes
        "0000000001, 4, -1",
        "0001020304, 4, -1",
        "0102030405, 4, -1",
        "000080000000, 4, -1" // too long
    })
    void takesThreeFormsAndNoOther(String hex, int fullLength, int ignored) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        assertEquals(ignored, JwkNumber.ignored(MemorySegment.ofArray(bytes), fullLength));
    }
}
