// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import dev.managedhsm.gateway.http.Listener;
import dev.managedhsm.gateway.http.Plane;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads what is listened on: the data plane, and the management plane if there is one. One thread. */
final class ListenersSection {
    private static final int DATA_PORT = 8443;
    private static final int MANAGEMENT_PORT = 9443;

    private final Section section;
    private final Values values;

    ListenersSection(Section section, Values values) {
        this.section = section;
        this.values = values;
    }

    List<Listener> read() {
        List<Listener> listeners = new ArrayList<>();
        listeners.add(listener(section.section("data"), Plane.DATA, DATA_PORT));
        Section management = section.optionalSection("management");
        if (management != null) {
            Listener operators = listener(management, Plane.MANAGEMENT, MANAGEMENT_PORT);
            if (operators.port() == listeners.getFirst().port()) {
                management.fault("port", "is the data plane's port too: give each plane its own");
            }
            listeners.add(operators);
        }
        section.end();
        return listeners;
    }

    /** Only this machine, unless the file says more. */
    private Listener listener(Section one, Plane plane, int port) {
        Listener listener = new Listener(
                values.address(one.optional("address"), "127.0.0.1"),
                values.number(one.optional("port"), 1, 65_535, port),
                Set.of(plane),
                values.networks(one.items("allow")));
        if (one.has("allow") && one.items("allow").isEmpty()) {
            one.fault("allow", "lets nobody in: name networks, or leave it out to let everybody in");
        }
        one.end();
        return listener;
    }
}
