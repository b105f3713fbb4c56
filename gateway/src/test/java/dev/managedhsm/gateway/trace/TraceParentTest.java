// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceParentTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String SPAN = "00f067aa0ba902b7";

    @Test
    void readsTheStandardsOwnExample() {
        assertEquals(new TraceParent(TRACE, SPAN, true), TraceParent.read("00-" + TRACE + "-" + SPAN + "-01"));
        assertEquals(new TraceParent(TRACE, SPAN, false), TraceParent.read("00-" + TRACE + "-" + SPAN + "-00"));
    }

    @Test
    void looksAtTheLowestBitOfTheFlagsOnly() {
        assertEquals(new TraceParent(TRACE, SPAN, true), TraceParent.read("00-" + TRACE + "-" + SPAN + "-ff"));
        assertEquals(new TraceParent(TRACE, SPAN, false), TraceParent.read("00-" + TRACE + "-" + SPAN + "-fe"));
    }

    @Test
    void readsWhatItKnowsOfALaterVersion() {
        assertEquals(new TraceParent(TRACE, SPAN, true), TraceParent.read("01-" + TRACE + "-" + SPAN + "-01-more"));
        assertEquals(new TraceParent(TRACE, SPAN, true), TraceParent.read("cc-" + TRACE + "-" + SPAN + "-01"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00",
                "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
                "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
                "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
            })
    void takesNothingElse(String header) {
        assertNull(TraceParent.read(header));
    }
}
