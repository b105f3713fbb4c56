// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.StartRefused;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DevNamesTest {
    @ParameterizedTest
    @CsvSource({
        "localhost, 8443, https://localhost:8443, https://localhost:8443",
        "hsm1.hsm.example, 8443, https://hsm1.hsm.example:8443, https://hsm.example:8443",
        "HSM1.Hsm.Example, 443, https://hsm1.hsm.example, https://hsm.example",
        "hsm.localhost, 9000, https://hsm.localhost:9000, https://localhost:9000",
    })
    void nameTheParentDomainAsResource(String name, int port, String url, String resource) {
        DevNames names = DevNames.of(name, "127.0.0.1", port);

        assertEquals(url, names.url());
        assertEquals(resource, names.resource());
    }

    @Test
    void nameTheIssuerWithoutPort() {
        assertEquals(
                "https://sts.hsm.example/t/",
                DevNames.of("hsm.example", "127.0.0.1", 1).issuerUrl("t"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "a b", "a..b", "-a", "a-", "a_b", "127.0.0.1", "hsm.1", "::1", "a:1", "a/b", "x'y", "ä"})
    void refuseWhatIsNoDnsName(String name) {
        StartRefused refused = assertThrows(StartRefused.class, () -> DevNames.of(name, "127.0.0.1", 1));

        assertEquals(
                "\"" + name + "\" is not a DNS name: give one with --name, for example localhost.", refused.sentence());
    }

    @Test
    void refuseALabelOrNameThatIsTooLong() {
        assertEquals("a".repeat(63), DevNames.of("a".repeat(63), "::1", 1).hostName());
        assertThrows(StartRefused.class, () -> DevNames.of("a".repeat(64), "::1", 1));
        assertThrows(StartRefused.class, () -> DevNames.of("ab.".repeat(84) + "ab", "::1", 1));
    }

    @Test
    void refuseAnAddressThatIsNone() {
        StartRefused refused = assertThrows(StartRefused.class, () -> DevNames.of("localhost", "no such address", 1));

        assertTrue(refused.sentence().endsWith("give one with --bind."), refused.getMessage());
    }

    @Test
    void putTheBoundAddressIntoTheCertificate() {
        assertEquals(List.of("127.0.0.1", "::1"), addresses("127.0.0.1"));
        assertEquals(List.of("127.0.0.1", "::1"), addresses("0.0.0.0"));
        assertEquals(List.of("127.0.0.1", "::1", "192.0.2.7"), addresses("192.0.2.7"));
    }

    @Test
    void knowWhereTheyAreReached() {
        assertTrue(DevNames.of("localhost", "0.0.0.0", 1).nameResolves());
        assertTrue(DevNames.of("localhost", "::1", 1).nameResolves());
        assertFalse(DevNames.of("localhost", "127.0.0.2", 1).nameResolves());
        assertFalse(DevNames.of("hsm.example", "127.0.0.1", 1).nameResolves());
        assertEquals("127.0.0.1", DevNames.of("hsm.example", "0.0.0.0", 1).reachableAt());
        assertEquals("[::1]", DevNames.of("hsm.example", "::1", 1).reachableAt());
    }

    @Test
    void knowWhetherOthersReachThem() {
        assertTrue(DevNames.of("localhost", "127.0.0.2", 1).loopbackOnly());
        assertFalse(DevNames.of("localhost", "0.0.0.0", 1).loopbackOnly());
    }

    private static List<String> addresses(String bind) {
        return DevNames.of("localhost", bind, 1).certificateAddresses().stream()
                .map(DevNames::plain)
                .toList();
    }
}
