// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * Which requests may have a body of up to {@link EdgeLimits#LONG_BODY_LENGTH_MAX} bytes, and how much memory all of them
 * hold together. Apart from the memory for ordinary bodies, so that a few long ones take no room from those. Any event loop.
 */
public final class LongBodies {
    private final Predicate<Exchange> allowed;
    private final AtomicInteger bytes = new AtomicInteger();

    /** @param allowed tells by its head whether a request may have a long body; quick, because every request is asked */
    public LongBodies(Predicate<Exchange> allowed) {
        this.allowed = allowed;
    }

    boolean allowed(Exchange exchange) {
        return allowed.test(exchange);
    }

    boolean take(int length) {
        if (bytes.addAndGet(length) <= EdgeLimits.LONG_BODIES_BYTES_MAX) {
            return true;
        }
        give(length);
        return false;
    }

    void give(int length) {
        bytes.addAndGet(-length);
    }

    /** How many bytes are held. */
    int bytes() {
        return bytes.get();
    }
}
