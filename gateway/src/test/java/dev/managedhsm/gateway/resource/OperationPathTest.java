// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.managedhsm.crypto.operation.Operation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OperationPathTest {
    @Test
    void readsNameVersionAndOperation() {
        assertEquals(new OperationPath("k1", "abc", Operation.SIGN), OperationPath.parse("/keys/k1/abc/sign"));
        assertEquals(new OperationPath("k1", "abc", Operation.SIGN), OperationPath.parse("/keys/k1/abc/sign/"));
    }

    @Test
    void takesAVersionThatIsEmptyOrLeftOut() {
        assertEquals(new OperationPath("k1", "", Operation.WRAP_KEY), OperationPath.parse("/keys/k1//wrapkey"));
        assertEquals(new OperationPath("k1", "", Operation.UNWRAP_KEY), OperationPath.parse("/keys/k1/unwrapKey"));
    }

    @Test
    void takesOperationsInAnyCase() {
        assertEquals(new OperationPath("k", "v", Operation.WRAP_KEY), OperationPath.parse("/keys/k/v/wrapKey"));
        assertEquals(new OperationPath("k", "v", Operation.ENCRYPT), OperationPath.parse("/Keys/k/v/ENCRYPT"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/keys/k1",
                "/keys/k1/",
                "/keys/sign",
                "/keys//sign",
                "/keys///sign",
                "/keys/k1/v/x/sign",
                "/keys/k1/v/signs",
                "/keys/k1/create",
                "/deletedkeys/k1/sign",
                "/keys",
                "/",
                ""
            })
    void leavesOtherPathsAlone(String path) {
        assertNull(OperationPath.parse(path));
    }
}
