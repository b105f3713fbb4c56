// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.observe;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * What is read from a disk that may be stuck. A thread of its own reads; who asks waits for so long and no longer, and is told
 * then what was read last, and how long ago. While a reading is stuck nobody waits, and no other begins. Any thread asks.
 *
 * @param <T> what is read
 */
public final class BoundedReading<T> {
    private static final long IDLE_SECONDS = 10;

    private final Supplier<T> source;
    private final long waitNanosMax;
    private final ThreadPoolExecutor reader;
    private volatile Read<T> last;

    /** When the reading began that is going on; 0 while there is none. */
    private volatile long busySinceNanos;

    /**
     * What is known.
     *
     * @param value what was read
     * @param readNanos when that began, on the clock of {@link System#nanoTime()}
     * @param fresh whether it was read for who asks
     */
    public record Read<T>(T value, long readNanos, boolean fresh) {
        /** How old it is. */
        public Duration age() {
            return Duration.ofNanos(Math.max(0, System.nanoTime() - readNanos));
        }
    }

    /**
     * Begins with what is known.
     *
     * @param name of the thread that reads
     * @param source reads; may wait for ever
     * @param known what is told before it was read for the first time
     * @param waitMax how long who asks waits at most
     */
    public BoundedReading(String name, Supplier<T> source, T known, Duration waitMax) {
        this.source = source;
        this.waitNanosMax = waitMax.toNanos();
        this.last = new Read<>(known, System.nanoTime(), false);
        this.reader = new ThreadPoolExecutor(
                1,
                1,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name(name).factory());
        reader.allowCoreThreadTimeOut(true); // nobody asks, no thread
    }

    /** Reads, or tells what was read last. What the source throws is thrown. */
    public Read<T> read() {
        long since = busySinceNanos;
        if (since != 0 && System.nanoTime() - since > waitNanosMax) {
            return last;
        }
        Future<Read<T>> reading = reader.submit(this::fresh);
        try {
            return reading.get(waitNanosMax, TimeUnit.NANOSECONDS);
        } catch (TimeoutException stuck) {
            reading.cancel(false); // if it has not begun it need not
            return last;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException broken ? broken : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return last;
        }
    }

    /** What was read last; nothing is read for it. */
    public T known() {
        return last.value();
    }

    private Read<T> fresh() {
        long begin = System.nanoTime();
        busySinceNanos = Math.max(1, begin);
        try {
            T value = source.get();
            last = new Read<>(value, begin, false);
            return new Read<>(value, begin, true);
        } finally {
            busySinceNanos = 0;
        }
    }
}
