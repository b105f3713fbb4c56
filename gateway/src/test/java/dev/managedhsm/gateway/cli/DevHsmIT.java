// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.lifecycle.LifecyclePolicy;
import dev.managedhsm.gateway.StartRefused;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole development HSM, in the process of the test. */
class DevHsmIT {
    @TempDir
    private Path temporary;

    @Test
    void announcesItselfOnlyWhenReadyAndIsTheSameAgain() throws IOException {
        Path data = temporary.resolve("a dev");
        Path environment = data.resolve(DevGuide.ENVIRONMENT);
        String first;
        int port;
        try (DevHsm hsm = DevHsm.start(data, "localhost", "127.0.0.1", 0, LifecyclePolicy.DEFAULT)) {
            assertFalse(Files.exists(environment));
            hsm.announce();
            first = Files.readString(environment);
            port = hsm.guide().names().port();
        }
        assertFalse(Files.exists(environment), "gone with the HSM");
        Files.writeString(environment, "HSM_URL=of-a-killed-one\n");
        try (DevHsm hsm = DevHsm.start(data, "localhost", "127.0.0.1", port, LifecyclePolicy.DEFAULT)) {
            assertFalse(Files.exists(environment), "an old one is gone");
            hsm.announce();
            assertEquals(first, Files.readString(environment));
        }
    }

    @Test
    void refusesItsFolderToAnotherAndGivesItBack() {
        Path data = temporary.resolve("dev");
        try (DevHsm hsm = DevHsm.start(data, "hsm1.hsm.example", "127.0.0.1", 0, LifecyclePolicy.DEFAULT)) {
            StartRefused refused = assertThrows(
                    StartRefused.class, () -> DevHsm.start(data, "localhost", "127.0.0.1", 0, LifecyclePolicy.DEFAULT));
            assertTrue(refused.sentence().startsWith("Another process runs the HSM in"), refused.sentence());
            assertTrue(hsm.guide().environment().contains("\nDEV_AUDIENCE=https://hsm.example:"));
        }
        DevHsm.start(data, "localhost", "127.0.0.1", 0, LifecyclePolicy.DEFAULT).close();
    }

    @Test
    void refusesAPortInUseAndGivesTheFolderBack() throws IOException {
        Path data = temporary.resolve("dev");
        try (ServerSocket holder = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            StartRefused refused = assertThrows(
                    StartRefused.class,
                    () -> DevHsm.start(data, "localhost", "127.0.0.1", holder.getLocalPort(), LifecyclePolicy.DEFAULT));
            assertEquals(
                    "Cannot listen on 127.0.0.1 port " + holder.getLocalPort()
                            + ", another program uses it: end it or choose another port.",
                    refused.sentence());
        }
        DevFolder.open(data).close();
    }

    @Test
    void refusesAnAddressThatIsNotOfThisMachine() {
        assertThrows(
                StartRefused.class,
                () -> DevHsm.start(temporary.resolve("dev"), "localhost", "192.0.2.7", 0, LifecyclePolicy.DEFAULT));
    }

    @Test
    void leavesTheFolderAloneWhenTheNameIsRefused() {
        assertThrows(
                StartRefused.class,
                () -> DevHsm.start(temporary.resolve("dev"), "not a name", "127.0.0.1", 0, LifecyclePolicy.DEFAULT));

        assertFalse(Files.exists(temporary.resolve("dev")));
    }
}
