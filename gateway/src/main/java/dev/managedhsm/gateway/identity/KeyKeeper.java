// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.identity;

import dev.managedhsm.auth.token.KeyFetch;
import dev.managedhsm.auth.token.KeyRefresh;
import dev.managedhsm.auth.token.TokenVerifier;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread on which issuers' keys are kept fresh, and the log's word on it: one line when fetching begins to fail, one
 * when it works again.
 */
public final class KeyKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KeyKeeper.class);
    private static final String WORKS = "";

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("issuer-keys").factory());
    private final Map<String, String> told = new ConcurrentHashMap<>();
    private final CountDownLatch firstKeys;
    private final KeyRefresh refresh;

    private KeyKeeper(TokenVerifier verifier, KeyFetch fetch, InstantSource clock) {
        this.refresh = new KeyRefresh(verifier, fetch, thread, clock, this::ended);
        this.firstKeys = new CountDownLatch((int) refresh.states().stream()
                .filter(state -> state.freshUntilSeconds() == 0)
                .count());
    }

    /**
     * Starts, and waits for the first keys of all issuers for a while; an issuer whose keys do not come does not keep the
     * HSM from starting, its tokens are answered with 503.
     *
     * @param secondsMax how long to wait
     */
    public static KeyKeeper start(TokenVerifier verifier, KeyFetch fetch, InstantSource clock, int secondsMax) {
        KeyKeeper keeper = new KeyKeeper(verifier, fetch, clock);
        var _ = keeper.thread.scheduleWithFixedDelay(keeper::tick, 0, 1, TimeUnit.SECONDS);
        try {
            if (!keeper.firstKeys.await(secondsMax, TimeUnit.SECONDS)) {
                LOG.warn(
                        "the keys of a token issuer are not there yet; its tokens are answered with 503 until they are");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return keeper;
    }

    /** Keeps the keys; for whoever meets an unknown one. */
    public KeyRefresh refresh() {
        return refresh;
    }

    private void tick() {
        try {
            refresh.tick();
        } catch (RuntimeException broken) { // a task that throws is not run again
            LOG.error("keys of token issuers could not be refreshed", broken);
        }
    }

    private void ended(String issuerName, @Nullable String failure) {
        String before = told.put(issuerName, failure == null ? WORKS : failure);
        if (failure != null && !failure.equals(before)) {
            LOG.warn("{}", failure);
        } else if (failure == null && !WORKS.equals(before)) {
            LOG.info("the keys of token issuer {} are fresh", issuerName);
        }
        if (before == null) {
            firstKeys.countDown(); // or the first failure: waiting longer would not help
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
