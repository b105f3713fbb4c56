// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class EnginesTest {
    private static final String BROKEN = SelfTest.names().getLast();
    private static final String CONFIGURED = "hsm.libcrypto";

    @Test
    void choosesTheNativeEngineWhereItWorks() {
        try (Engine engine = Engines.choose()) {
            assertInstanceOf(NativeEngine.class, engine);
            assertTrue(engine.description().startsWith("native engine: "), engine.description());
        }
    }

    @Test
    void choosesThePortableEngineWhereTheNativeOneFails() {
        assumeTrue(System.getProperty(CONFIGURED, "").isEmpty());
        try (Engine engine = Engines.choose(BROKEN::equals)) {
            assertInstanceOf(PortableEngine.class, engine);
        }
    }

    @Test
    void replacesNoLibraryThatSomebodyConfigured() throws Exception {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-D" + CONFIGURED + "=/nowhere/libcrypto.so",
                "-cp",
                System.getProperty("java.class.path"),
                Choosing.class.getName());
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(Choosing.REFUSED, process.waitFor(), said);
        assertTrue(said.contains("/nowhere/libcrypto.so"), said);
    }

    /** Chooses in a process of its own, because the library is chosen once per process. */
    static final class Choosing {
        static final int REFUSED = 3;

        private Choosing() {}

        public static void main(String[] arguments) {
            try (Engine engine = Engines.choose()) {
                assertTrue(engine.description().isEmpty(), "chosen: " + engine.description());
            } catch (EngineFailure e) {
                System.exit(REFUSED);
            }
        }
    }
}
