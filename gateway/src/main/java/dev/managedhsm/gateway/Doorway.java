// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import dev.managedhsm.gateway.http.Edge;
import dev.managedhsm.gateway.http.Exchange;
import java.util.function.Consumer;

/** Where requests of one event loop go, which changes when keys are opened. Used by its event loop's thread only. */
final class Doorway implements Consumer<Exchange> {
    private final Edge edge;
    private Consumer<Exchange> routes;

    Doorway(Edge edge, Consumer<Exchange> routes) {
        this.edge = edge;
        this.routes = routes;
    }

    Edge edge() {
        return edge;
    }

    /** Leads requests elsewhere from now on; those that were begun go on where they are. */
    void lead(Consumer<Exchange> next) {
        routes = next;
    }

    @Override
    public void accept(Exchange exchange) {
        routes.accept(exchange);
    }
}
