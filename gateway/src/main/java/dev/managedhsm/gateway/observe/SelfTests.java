// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.observe;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.EngineFailure;
import dev.managedhsm.crypto.lifecycle.HsmState;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * When the engine passed its known-answer tests last. It passed them before anybody held it; they are run again while it
 * works, and the first failure ends the HSM's work. One thread at a time runs them; any thread asks.
 */
public final class SelfTests {
    private final Engine engine;
    private final HsmState state;
    private final InstantSource clock;
    private volatile Instant passed;
    private volatile @Nullable String failure;

    /**
     * @param engine has passed its tests just now
     * @param state fails when the engine does
     */
    public SelfTests(Engine engine, HsmState state, InstantSource clock) {
        this.engine = engine;
        this.state = state;
        this.clock = clock;
        this.passed = clock.instant();
    }

    /** Runs all of them again: up to a second, never on an event loop. */
    public void run() {
        try {
            engine.selfTest();
            passed = clock.instant();
        } catch (EngineFailure failed) {
            failure = String.valueOf(failed.getMessage());
            state.fail("a self-test failed: " + failed.getMessage());
        }
    }

    /** Whether they hold. Does not wait. */
    public Check check() {
        String failed = failure;
        return Check.readiness(
                "self-tests",
                failed == null,
                failed == null ? "all known-answer tests passed at " + passed : "a self-test failed: " + failed);
    }
}
