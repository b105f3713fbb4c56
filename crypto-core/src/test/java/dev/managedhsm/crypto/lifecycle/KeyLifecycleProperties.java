// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Any sequence of changes, restarts and moves of the clock leaves what {@link LifecycleModel} says. */
class KeyLifecycleProperties {
    static final int STEP_MAX = LifecycleModel.ACTIONS * LifecycleModel.NAMES_COUNT * LifecycleModel.DETAILS - 1;

    @Property(tries = 300)
    void keysAreWhatTheModelSays(
            @ForAll @Size(max = 40) List<@IntRange(max = STEP_MAX) Integer> steps,
            @ForAll @IntRange(min = 7, max = 90) int retentionDays,
            @ForAll boolean purgeProtection) {
        run(steps, new LifecyclePolicy(retentionDays, purgeProtection));
    }

    /** A thousand times, or as often as {@code -Djqwik.tries.default=10000} says. */
    @Property
    @Tag("slow")
    void keysAreWhatTheModelSaysManyTimes(
            @ForAll @Size(max = 40) List<@IntRange(max = STEP_MAX) Integer> steps,
            @ForAll @IntRange(min = 7, max = 90) int retentionDays,
            @ForAll boolean purgeProtection) {
        run(steps, new LifecyclePolicy(retentionDays, purgeProtection));
    }

    private static void run(List<Integer> steps, LifecyclePolicy policy) {
        try (LifecycleFixture hsm = new LifecycleFixture(policy)) {
            LifecycleModel model = new LifecycleModel(hsm, policy);
            for (int step : steps) {
                model.step(step);
                model.check();
            }
            model.checkSecrets();
            model.restart();
            model.check();
            model.checkSecrets();
            assertEquals(0, hsm.engine.broken.get());
            assertEquals(HsmCondition.OPERATIONAL, hsm.state.now());
        }
    }
}
