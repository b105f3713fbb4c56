// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.foreign.CLibrary;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.seal.RecordSeal;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes RSA pairs on one daemon thread: what somebody waits for, and in quiet moments what the {@link RsaKeyPool} wants.
 * Sleeps when there is neither.
 *
 * <p>The secret is sealed before it leaves the thread's locked memory.
 */
final class KeyGenerator implements AutoCloseable {
    /** How long nobody must have asked for a pair before one is made for the pool. */
    private static final long QUIET_MILLIS = 1_000;

    /** A pair takes a core for up to seconds: operations come first, as far as the system lets one step back. */
    private static final int NICENESS = 10;

    private final Engine engine;
    private final RecordSeal seal;
    private final HsmState state;
    private final RsaKeyPool pool;
    private final BlockingQueue<Wanted> wanted = new ArrayBlockingQueue<>(LifecycleLimits.GENERATIONS_MAX);
    private final LockedMemory secret = LockedMemory.allocate(Engine.SECRET_LENGTH_MAX, "generated key");
    private final Thread thread;
    private volatile boolean closing;
    private long serial;

    KeyGenerator(Engine engine, RecordSeal seal, HsmState state, RsaKeyPool pool) {
        this.engine = engine;
        this.seal = seal;
        this.state = state;
        this.pool = pool;
        this.thread = Thread.ofPlatform().daemon().name("key-generator").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /**
     * Gets a pair, at once from the pool or later from the thread.
     *
     * @param publicExponent of the pair; the pool has pairs with {@link Engine#PUBLIC_EXPONENT}
     * @param then takes the pair, on the calling thread or the generator's; takes null if the engine failed or the
     *     generator is closing
     * @return false if too many wait already, or the generator has ended; {@code then} is not called
     */
    boolean request(KeyClass keyClass, long publicExponent, Consumer<@Nullable FreshSecret> then) {
        FreshSecret ready = publicExponent == Engine.PUBLIC_EXPONENT ? pool.take(keyClass) : null;
        if (ready == null) {
            Wanted request = new Wanted(keyClass, publicExponent, then);
            // Looks at closing after the offer: either the thread still answers it, or it is taken back here.
            return wanted.offer(request) && !(closing && wanted.remove(request));
        }
        // A hint to fill up again; if the queue is full the thread is awake and will see for itself.
        var _ = wanted.offer(Wanted.HINT);
        then.accept(ready);
        return true;
    }

    /** The same for a pair with the usual public exponent. */
    boolean request(KeyClass keyClass, Consumer<@Nullable FreshSecret> then) {
        return request(keyClass, Engine.PUBLIC_EXPONENT, then);
    }

    private void run() {
        CLibrary.stepBack(NICENESS);
        try {
            while (!closing) {
                step();
            }
        } catch (InterruptedException e) {
            state.fail("the key generator was interrupted");
        } catch (Throwable e) {
            state.fail("the key generator broke off: " + e);
        } finally {
            closing = true; // before the look at what is left: what comes later is taken back by who asks
            for (Wanted left = wanted.poll(); left != null; left = wanted.poll()) {
                left.then().accept(null);
            }
        }
    }

    private void step() throws InterruptedException {
        KeyClass forPool = pool.wanting();
        // The pool waits for a quiet moment, so that it takes no core from a start or from a burst of requests.
        Wanted request = forPool == null ? wanted.take() : wanted.poll(QUIET_MILLIS, TimeUnit.MILLISECONDS);
        if (request != null) {
            if (request.keyClass() != null) {
                request.then().accept(generate(request.keyClass(), request.publicExponent()));
            }
        } else if (forPool != null) {
            FreshSecret pair = generate(forPool, Engine.PUBLIC_EXPONENT);
            if (pair == null) {
                wanted.take().then().accept(null); // the HSM is failed: there is nothing to make any more
            } else {
                pool.put(pair);
            }
        }
    }

    /** A pair, or null if the engine failed. */
    private @Nullable FreshSecret generate(KeyClass keyClass, long publicExponent) {
        try (Arena arena = Arena.ofConfined()) {
            Engine.GeneratedKey made = engine.generate(keyClass, publicExponent, secret.segment());
            MemorySegment content = secret.segment().asSlice(0, made.secretLength());
            MemorySegment sealed = arena.allocate(content.byteSize() + RecordSeal.OVERHEAD);
            long number = ++serial;
            int length = seal.seal(FreshSecret.name(keyClass, number), 1, 0, content, sealed);
            byte[] blob = sealed.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
            return new FreshSecret(keyClass, made.publicPart(), number, blob);
        } catch (RuntimeException | Error e) {
            state.fail("a key could not be generated: " + e);
            return null;
        } finally {
            secret.wipe();
        }
    }

    /** Finishes the pair it is at, then ends. Waits for that. */
    @Override
    public void close() {
        closing = true;
        var _ = wanted.offer(Wanted.HINT);
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        secret.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Somebody who waits for a pair.
     *
     * @param keyClass which kind, or null for a hint to look at the pool
     * @param publicExponent of the pair
     * @param then takes it
     */
    private record Wanted(@Nullable KeyClass keyClass, long publicExponent, Consumer<@Nullable FreshSecret> then) {
        static final Wanted HINT = new Wanted(null, 0, _ -> {});
    }
}
