// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.latency.LatencyRecorder;
import dev.managedhsm.crypto.ring.OperationRing;
import dev.managedhsm.crypto.ring.Submitter;
import dev.managedhsm.gateway.dispatch.SlotPool;
import dev.managedhsm.gateway.http.BodyBuffers;
import dev.managedhsm.gateway.http.Edge;
import dev.managedhsm.gateway.http.Exchange;
import dev.managedhsm.gateway.wire.OperationReader;
import io.netty.buffer.ByteBuf;
import java.util.function.IntFunction;

/**
 * Sign, verify, encrypt, decrypt, wrap, unwrap: the hot path on one event loop. One per event loop, used by its thread
 * only; {@link OperationRequest} walks a request through it.
 */
final class KeyOperations implements AutoCloseable {
    final HsmAccess access;
    final Keyring keyring;
    final OperationRing ring;

    /** The event loop's way into it. */
    final Submitter submitter;

    final String baseUrl;
    final LatencyRecorder latency;
    final SlotPool<SlotUser> slots;
    final BodyBuffers bodies;

    /** The same, as those see them who only take. Made once. */
    final IntFunction<ByteBuf> buffers;

    final OperationReader reader = new OperationReader();

    KeyOperations(
            HsmAccess access,
            Keyring keyring,
            OperationRing ring,
            String baseUrl,
            LatencyRecorder latency,
            int slotCount,
            Edge edge) {
        this.access = access;
        this.keyring = keyring;
        this.ring = ring;
        this.submitter = new Submitter(ring, edge.turns());
        this.baseUrl = baseUrl;
        this.latency = latency;
        this.bodies = edge.bodies();
        this.buffers = bodies::take;
        this.slots = new SlotPool<>(slotCount, edge.loop(), (slot, user) -> user.finished(slot));
    }

    void begin(Exchange exchange, OperationPath path) {
        new OperationRequest(this, exchange, path).begin();
    }

    /** Gives back the slots; all operations must have come back. */
    @Override
    public void close() {
        slots.close();
    }
}
