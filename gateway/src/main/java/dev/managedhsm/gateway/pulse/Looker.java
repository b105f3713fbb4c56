// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.pulse;

/** Somebody who looks at the HSM's pulse. Called by the pulse's thread; must not wait. */
public interface Looker {
    /**
     * Takes an event in the form of server-sent events (HTML Living Standard, section 9.2).
     *
     * @param event UTF-8 bytes of one or more whole events, shared: not to be changed
     */
    void see(byte[] event);

    /** Nothing more will come: the HSM ends, or what may be seen is to be asked for again. */
    void over();
}
