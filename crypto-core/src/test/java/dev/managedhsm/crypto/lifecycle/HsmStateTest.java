// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class HsmStateTest {
    private final HsmState state = new HsmState(HsmCondition.SEALED);

    @Test
    void movesFromSealedToOperationalAndBack() {
        assertTrue(state.become(HsmCondition.OPERATIONAL));
        assertTrue(state.become(HsmCondition.SEALED));
        assertEquals(HsmCondition.SEALED, state.now());
        assertNull(state.reason());
    }

    @Test
    void failedIsStickyWithItsFirstReason() {
        state.fail("a self-test failed");
        state.fail("something else");

        assertFalse(state.become(HsmCondition.OPERATIONAL));
        assertFalse(state.become(HsmCondition.DRAINING));
        assertEquals(HsmCondition.FAILED, state.now());
        assertEquals("a self-test failed", state.reason());
    }

    @Test
    void drainingEndsOnlyInFailed() {
        assertTrue(state.become(HsmCondition.DRAINING));

        assertFalse(state.become(HsmCondition.OPERATIONAL));
        assertTrue(state.become(HsmCondition.DRAINING));
        state.fail("a worker died");
        assertEquals(HsmCondition.FAILED, state.now());
    }

    @Test
    void failureNeedsAReason() {
        assertThrows(IllegalStateException.class, () -> state.become(HsmCondition.FAILED));
    }
}
