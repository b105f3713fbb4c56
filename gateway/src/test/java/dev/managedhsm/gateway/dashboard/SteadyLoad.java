// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.dashboard;

import dev.managedhsm.gateway.fixture.RawClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** ES256 signatures on a schedule, whatever the HSM does, as long as not too many are on their way. */
final class SteadyLoad implements AutoCloseable {
    private static final String SIGN = "{\"alg\":\"ES256\",\"value\":\"" + "A".repeat(43) + "\"}";
    private static final int UNDER_WAY_MAX = 128;

    private final RawClient client;
    private final String key;
    private final long gapNanos;
    private final Semaphore room = new Semaphore(UNDER_WAY_MAX);
    private final AtomicLong sent = new AtomicLong();
    private final Thread thread;
    private volatile boolean ended;

    private SteadyLoad(RawClient client, String key, int perSecond) {
        this.client = client;
        this.key = key;
        this.gapNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
        this.thread = Thread.ofPlatform().daemon().name("load").unstarted(this::run);
    }

    static SteadyLoad start(RawClient client, String key, int perSecond) {
        SteadyLoad load = new SteadyLoad(client, key, perSecond);
        load.thread.start();
        return load;
    }

    private void run() {
        long due = System.nanoTime();
        while (!ended) {
            long left;
            while ((left = due - System.nanoTime()) > 0 && !ended) {
                LockSupport.parkNanos(this, left);
            }
            due += gapNanos;
            room.acquireUninterruptibly();
            sent.incrementAndGet();
            var _ = client.sendAsync(client.posting("/keys/" + key + "/sign", BodyPublishers.ofString(SIGN)))
                    .whenComplete((answer, failure) -> room.release());
        }
    }

    /** How many were sent. */
    long sent() {
        return sent.get();
    }

    /** Sends no more, and waits for the last answer. */
    @Override
    public void close() {
        ended = true;
        room.acquireUninterruptibly(UNDER_WAY_MAX);
    }
}
