// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BackupBodyTest {
    private static final byte[] BACKUP = "a backup>>??".getBytes(UTF_8);

    @Test
    void readsWhatItWrites() throws Refused {
        assertArrayEquals(BACKUP, BackupBody.read(BackupBody.write(BACKUP)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                " { \"value\" : \"YSBiYWNrdXA-Pj8_\" } ",
                "{\"other\":[{\"value\":1},{}],\"value\":\"YSBiYWNrdXA-Pj8_\",\"more\":null}",
                "{\"value\":\"YSBiYWNrdXA+Pj8/\"}",
                "{\"value\":\"YSBiYWNrdXA+Pj8\\/\"}",
                "{\"value\":\"YSBiYWNrdXA\\u002bPj8/\"}"
            })
    void readsTheValueHoweverItIsWritten(String json) throws Refused {
        assertArrayEquals(BACKUP, BackupBody.read(json.getBytes(UTF_8)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{",
                "{}",
                "{} {}",
                "{\"value\":null}",
                "{\"value\":1}",
                "{\"value\":{}}",
                "{\"value\":\"YQ\",\"value\":\"YQ\"}",
                "{\"value\":\"YQ\",}",
                "{\"value\":\"YQ\"} x",
                "{'value':'YQ'}",
                "{\"value\":\"YQ\" /* no comments */}",
                "{\"Value\":\"YQ\"}"
            })
    void refusesEverythingElse(String json) {
        assertThrows(Refused.class, () -> BackupBody.read(json.getBytes(UTF_8)));
    }

    @Test
    void takesAValueThatIsNotBase64ForNoBackup() throws Refused {
        assertEquals(0, BackupBody.read("{\"value\":\"a!\"}".getBytes(UTF_8)).length);
    }
}
