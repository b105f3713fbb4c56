// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the keys of all issuers fresh: on their schedules, and when a token names a key that is not known.
 *
 * <pre>
 *   tick, every second ───────────┐
 *                                 ├──&gt; due, or asked for? ──&gt; two in this minute? ──&gt; KeyFetch ──&gt; TrustedKeys
 *   wanted, by an unknown kid ────┘      one flight at a time       not yet          (256 KiB)     merged
 * </pre>
 *
 * <p>Any thread may call {@link #wanted} and {@link #states}; {@link #tick} is called by one thread at a time. None of
 * them blocks: sets are read and merged by the executor.
 */
public final class KeyRefresh {
    /** Most fetches of one issuer that begin in a minute, whatever arrives. */
    public static final int FETCHES_PER_MINUTE_MAX = 2;

    private final List<IssuerRefresh> issuers;

    /** Is told how each fetch of an issuer's keys ended; called by the executor's thread. */
    @FunctionalInterface
    public interface Witness {
        /**
         * One fetch has ended.
         *
         * @param issuerName whose keys
         * @param failure a sentence for the operator, or null when the keys are fresh
         */
        void ended(String issuerName, @Nullable String failure);
    }

    /**
     * What is known of one issuer's keys.
     *
     * @param issuerName whose
     * @param freshUntilSeconds the first second, since 1970, at which its tokens are not judged any more; 0 when its keys
     *     were never seen
     * @param kids ids of the keys that are believed now
     * @param fetches how many fetches have begun
     * @param failure why the last fetch failed, or null
     */
    public record State(
            String issuerName,
            long freshUntilSeconds,
            List<String> kids,
            long fetches,
            @Nullable String failure) {}

    /**
     * @param verifier whose issuers' keys are kept
     * @param fetch gets what is behind a URL
     * @param work runs one task after another, on a thread that may wait for a disk
     * @param clock tells what is due
     * @param witness is told about each fetch
     */
    public KeyRefresh(TokenVerifier verifier, KeyFetch fetch, Executor work, InstantSource clock, Witness witness) {
        this.issuers = verifier.trusted().stream()
                .map(keys -> new IssuerRefresh(keys, fetch, work, clock, witness))
                .toList();
    }

    /** Begins what is due. */
    public void tick() {
        issuers.forEach(IssuerRefresh::tick);
    }

    /**
     * Has an issuer's keys fetched because a token names one that is not known.
     *
     * @return completes when the fetch in progress has ended, well or badly, at the latest after {@link
     *     IssuerRefresh#FLIGHT_SECONDS_MAX}; or null when none is in progress and none may begin now
     */
    public @Nullable CompletableFuture<Void> wanted(String issuerName) {
        for (IssuerRefresh issuer : issuers) {
            if (issuer.name().equals(issuerName)) {
                return issuer.wanted();
            }
        }
        return null;
    }

    /** Each issuer's state, in the order of the configuration. */
    public List<State> states() {
        return issuers.stream().map(IssuerRefresh::state).toList();
    }
}
