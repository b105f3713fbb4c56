// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.micro;

import dev.managedhsm.auth.token.TokenCache;
import dev.managedhsm.auth.token.TokenVerifier;
import dev.managedhsm.auth.token.VerifiedToken;
import java.time.Clock;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Finding a verified token among a thousand by its text. The text is a new string each time, as it comes from a new
 * connection, so that its hash is computed and its characters are compared; that string is what is allocated.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls open() first
public class TokenCacheBenchmark {
    private static final int TOKENS = 1000;

    private TokenCache cache;
    private TokenVerifier verifier;
    private String known;
    private char[] characters;
    private long nowSeconds;

    /** Mints a thousand tokens, verifies and keeps them. */
    @Setup
    public void open() {
        Clock clock = Clock.systemUTC();
        TokenMint mint = new TokenMint(clock);
        verifier = mint.verifier();
        cache = new TokenCache();
        for (int i = 0; i < TOKENS; i++) {
            known = mint.token();
            cache.keep(known, mint.verified(known));
        }
        characters = known.toCharArray();
        nowSeconds = clock.millis() / 1000;
    }

    /** A string that has been hashed before: the next request of a connection that holds on to it. */
    @Benchmark
    public @Nullable VerifiedToken findSame() {
        return cache.find(known, nowSeconds);
    }

    /** A string just read. */
    @Benchmark
    public @Nullable VerifiedToken findFresh() {
        return cache.find(String.valueOf(characters), nowSeconds);
    }

    /** What a hit saves. */
    @Benchmark
    public Object miss() {
        return verifier.verify(known);
    }
}
