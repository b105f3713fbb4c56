// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import java.util.Set;

/**
 * One address that is listened on. Immutable.
 *
 * @param bindAddress the address, as text: IPv4 or IPv6, or a name that resolves to one
 * @param port the TCP port, 1 to 65535; not 0, because URLs, key ids and audiences carry it
 * @param planes what is answered there; in development one listener has both
 * @param allowed from where
 */
public record Listener(String bindAddress, int port, Set<Plane> planes, AllowList allowed) {
    /** Copies the planes; a port outside 1 to 65535 and a listener for nothing are programmer's mistakes. */
    public Listener {
        planes = Set.copyOf(planes);
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("port " + port + " is not in 1 to 65535");
        }
        if (planes.isEmpty()) {
            throw new IllegalArgumentException("a listener is for something");
        }
    }
}
