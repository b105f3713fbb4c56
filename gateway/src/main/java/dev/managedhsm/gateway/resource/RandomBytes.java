// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static dev.managedhsm.auth.role.DataAction.RANDOM;
import static io.vertx.core.http.HttpMethod.POST;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.EngineFailure;
import dev.managedhsm.crypto.lifecycle.HsmState;
import dev.managedhsm.gateway.wire.RandomBody;
import dev.managedhsm.gateway.wire.Refused;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Random bytes from the engine's generator. They belong to no key, so the right to them is asked for on the whole HSM. Any
 * event loop: the native engine makes them in microseconds.
 */
public final class RandomBytes {
    private final Engine engine;
    private final HsmState state;

    /**
     * @param engine what makes random bytes
     * @param state moves to failed if there are none
     */
    public RandomBytes(Engine engine, HsmState state) {
        this.engine = engine;
        this.state = state;
    }

    /** What this resource answers. */
    List<Endpoint> endpoints() {
        return List.of(Endpoint.onHsm(POST, "/rng", RANDOM, this::draw));
    }

    private void draw(Call call) throws Refused {
        int count = RandomBody.count(call.json());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(count);
            try {
                engine.random(bytes);
                call.exchange().answer(RandomBody.write(bytes), null);
            } finally {
                bytes.fill((byte) 0);
            }
        } catch (EngineFailure failure) {
            state.fail("the engine has no random bytes");
            throw failure;
        }
    }
}
