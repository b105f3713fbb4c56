// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import java.util.ArrayDeque;
import java.util.Deque;

/** What a start has opened so far, so that nothing stays open when it is refused later. Used by the starting thread. */
final class Opened {
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    /** Remembers something that was opened, and gives it back. */
    <T extends AutoCloseable> T add(T one) {
        opened.push(one);
        return one;
    }

    /** Remembers one that closes everything opened so far. */
    <T extends AutoCloseable> T owner(T one) {
        opened.clear();
        return add(one);
    }

    /**
     * Closes all of it, the last one first.
     *
     * @param reason why the start is refused; failures to close are added to it
     */
    void close(Exception reason) {
        for (AutoCloseable one : opened) {
            try {
                one.close();
            } catch (Exception e) {
                if (e instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                }
                reason.addSuppressed(e);
            }
        }
        opened.clear();
    }
}
