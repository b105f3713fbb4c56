// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.lifecycle.KeyLifecycle;
import dev.managedhsm.crypto.lifecycle.LifecycleAnswer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs what requests will run, before the HSM says that it is ready: the first requests of a cold process take a hundred times
 * as long. Keys that nobody can name are made for it and thrown away.
 *
 * @param operationsMax how many operations each event loop sends
 * @param timeMax after which it ends in any case
 */
public record WarmUp(int operationsMax, Duration timeMax) {
    private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);
    private static final double NANOS_PER_MILLI = 1e6;

    /** What makes a difference: after this the just-in-time compiler has seen the hot path often enough. */
    public static final WarmUp USUAL = new WarmUp(40_000, Duration.ofSeconds(3));

    /** For development: the hot path has run, and a start takes no longer. */
    public static final WarmUp SHORT = new WarmUp(500, Duration.ofMillis(200));

    /**
     * Warms up. Any thread.
     *
     * @param lifecycle makes the keys
     * @param routes those of all event loops
     * @return completes when it is over, on any thread; with an exception if the HSM could not do it
     */
    public CompletionStage<?> run(KeyLifecycle lifecycle, Collection<Routes> routes) {
        long startNanos = System.nanoTime();
        long endNanos = startNanos + timeMax.toNanos();
        return lent(lifecycle, KeyClass.P_256)
                .thenCombine(lent(lifecycle, KeyClass.OCT_256), List::of)
                .thenCompose(keys -> onAll(routes, keys, endNanos).whenComplete((count, failure) -> {
                    keys.forEach(lifecycle::takeBack);
                    if (failure == null) {
                        LOG.info(
                                "warmed up: {} operations in {} ms",
                                count,
                                Math.round((System.nanoTime() - startNanos) / NANOS_PER_MILLI));
                    }
                }));
    }

    private static CompletionStage<LivingKey> lent(KeyLifecycle lifecycle, KeyClass keyClass) {
        return lifecycle.lend(keyClass).thenApply(answer -> {
            if (answer instanceof LifecycleAnswer.Done<LivingKey>(LivingKey key)) {
                return key;
            }
            throw new CompletionException(new IllegalStateException("no key could be made: " + answer));
        });
    }

    private CompletionStage<Long> onAll(Collection<Routes> routes, List<LivingKey> keys, long endNanos) {
        List<CompletableFuture<Long>> all = new ArrayList<>();
        routes.forEach(one -> all.add(one.warmUp(keys.getFirst(), keys.getLast(), operationsMax, endNanos)));
        return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
                .thenApply(_ -> all.stream().mapToLong(CompletableFuture::join).sum());
    }
}
