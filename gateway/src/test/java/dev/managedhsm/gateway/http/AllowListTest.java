// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AllowListTest {
    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.255.0.1, true",
        "10.0.0.0/8, 11.0.0.0, false",
        "192.0.2.128/25, 192.0.2.127, false",
        "192.0.2.128/25, 192.0.2.128, true",
        "192.0.2.7, 192.0.2.7, true",
        "192.0.2.7, 192.0.2.6, false",
        "0.0.0.0/0, 203.0.113.9, true",
        "0.0.0.0/0, 2001:db8::1, false",
        "2001:db8::/32, 2001:db8:ffff::1, true",
        "2001:db8::/32, 2001:db9::1, false",
        "2001:db8::8/125, 2001:db8::f, true",
        "2001:db8::8/125, 2001:db8::10, false",
        "'::/0', 10.0.0.1, false",
        "'::1', '::1', true"
    })
    void knowsWhoIsInANetwork(String network, String address, boolean inside) {
        assertEquals(inside, AllowList.of(List.of(network)).allows(InetAddress.ofLiteral(address)));
    }

    @Test
    void knowsAnIpv4AddressInsideAnIpv6One() throws Exception {
        byte[] mapped = new byte[16];
        mapped[10] = -1;
        mapped[11] = -1;
        mapped[12] = 10;
        mapped[15] = 1;
        InetAddress address = Inet6Address.getByAddress(null, mapped, -1);
        assertEquals(16, address.getAddress().length);

        assertTrue(AllowList.of(List.of("10.0.0.0/8")).allows(address));
        assertFalse(AllowList.of(List.of("11.0.0.0/8")).allows(address));
    }

    @Test
    void letsInWhoIsInOneOfSeveralNetworks() {
        AllowList list = AllowList.of(List.of("10.0.0.0/8", "192.0.2.0/24"));

        assertTrue(list.allows(InetAddress.ofLiteral("192.0.2.9")));
        assertFalse(list.allows(InetAddress.ofLiteral("192.0.3.9")));
        assertFalse(list.allows(null));
    }

    @Test
    void letsEverybodyInWhenThereIsNoList() {
        assertTrue(AllowList.EVERYBODY.allows(InetAddress.ofLiteral("203.0.113.9")));
        assertTrue(AllowList.EVERYBODY.allows(null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "10",
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/08",
                "10.0.0.0/",
                "10.0.0.1/8",
                "2001:db8::1/32",
                "2001:db8::/129",
                "localhost",
                "10.0.0.0/8/8",
                "fe80::1%lo",
                "010.0.0.1"
            })
    void refusesWhatIsNoNetwork(String text) {
        assertThrows(IllegalArgumentException.class, () -> AllowList.of(List.of(text)));
    }

    @Test
    void refusesAListThatNamesNobody() {
        assertThrows(IllegalArgumentException.class, () -> AllowList.of(List.of()));
    }
}
