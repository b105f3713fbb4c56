// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

class ListenFailureTest {
    @Test
    void saysWhatToDoAboutAPortInUse() throws IOException {
        BindException failure = failureToBind(true);

        assertEquals(
                "Cannot listen on 127.0.0.1 port 8443, another program uses it: end it or choose another port.",
                ListenFailure.sentence("127.0.0.1", 8443, new IllegalStateException("wrapped", failure)));
    }

    @Test
    void doesNotBlameAnotherProgramForAnAddressOfAnotherMachine() throws IOException {
        BindException failure = failureToBind(false);

        assertEquals(
                "Cannot listen on 192.0.2.7 port 8443: " + failure.getMessage() + ".",
                ListenFailure.sentence("192.0.2.7", 8443, failure));
    }

    /** What the JDK really throws: for a port in use, or for an address that is not of this machine. */
    private static BindException failureToBind(boolean inUse) throws IOException {
        try (ServerSocket holder = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"));
                ServerSocket second = new ServerSocket()) {
            second.bind(
                    inUse
                            ? holder.getLocalSocketAddress()
                            : new InetSocketAddress(InetAddress.ofLiteral("192.0.2.7"), 0));
            throw new IllegalStateException("it could be bound");
        } catch (BindException expected) {
            return expected;
        }
    }
}
