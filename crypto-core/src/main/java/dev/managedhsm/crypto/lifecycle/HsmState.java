// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HSM's condition, in one place. Any thread may read and change it; reading is one volatile read.
 *
 * <p>Failed is sticky: the first reason stays and nothing follows it. Draining is followed by failed only.
 */
public final class HsmState {
    private static final Logger LOG = LoggerFactory.getLogger(HsmState.class);

    private final AtomicReference<Known> known;
    private volatile Runnable changed = () -> {};

    /** @param first the condition at start */
    public HsmState(HsmCondition first) {
        this.known = new AtomicReference<>(new Known(first, null));
    }

    /**
     * Has somebody told of every change from now on, by the thread that makes it, after it was made.
     *
     * @param told must not wait; takes the place of who was told before
     */
    void whenChanged(Runnable told) {
        changed = told;
    }

    /** The condition now. */
    public HsmCondition now() {
        return known.get().condition();
    }

    /** Why the HSM is failed, in one sentence without any secret; null if it is not. */
    public @Nullable String reason() {
        return known.get().reason();
    }

    /**
     * Moves to another condition.
     *
     * @param next not {@link HsmCondition#FAILED}, which has {@link #fail}
     * @return false if the HSM is failed or draining and therefore stays so
     */
    public boolean become(HsmCondition next) {
        if (next == HsmCondition.FAILED) {
            throw new IllegalStateException("a failure needs a reason");
        }
        while (true) {
            Known was = known.get();
            if (was.condition() == HsmCondition.FAILED || was.condition() == HsmCondition.DRAINING) {
                return was.condition() == next;
            }
            if (known.compareAndSet(was, new Known(next, null))) {
                LOG.info("the HSM is {}", next);
                changed.run();
                return true;
            }
        }
    }

    /**
     * Moves to failed, for good. The first reason stays.
     *
     * @param reason one sentence without any secret
     */
    public void fail(String reason) {
        while (true) {
            Known was = known.get();
            if (was.condition() == HsmCondition.FAILED) {
                return;
            }
            if (known.compareAndSet(was, new Known(HsmCondition.FAILED, reason))) {
                LOG.error("the HSM is FAILED and answers nothing until it is started anew: {}", reason);
                changed.run();
                return;
            }
        }
    }

    private record Known(HsmCondition condition, @Nullable String reason) {}
}
