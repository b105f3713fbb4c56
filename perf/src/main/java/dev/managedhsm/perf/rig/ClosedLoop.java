// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/**
 * Keeps a fixed number of requests in flight. It tells what a request costs and how many there can be; it tells no latency,
 * because it waits for a slow server.
 */
public final class ClosedLoop {
    private static final long SECONDS_MAX = 300;

    private final Sender sender;
    private final IntFunction<Ask> asks;
    private final int inFlight;

    /**
     * Sends nothing yet.
     *
     * @param sender what sends
     * @param asks the request of each index
     * @param inFlight how many at once
     */
    public ClosedLoop(Sender sender, IntFunction<Ask> asks, int inFlight) {
        this.sender = sender;
        this.asks = asks;
        this.inFlight = inFlight;
    }

    /**
     * Sends this many and waits for the last answer.
     *
     * @return answers per second on the wall
     * @throws IOException if one did not end with status 200, or not in time
     */
    public double run(int requests) throws IOException, InterruptedException {
        Run run = new Run(requests);
        long startNanos = System.nanoTime();
        sender.onLoop(() -> {
            for (int i = 0; i < Math.min(inFlight, requests); i++) {
                run.next();
            }
        });
        if (!run.open.await(SECONDS_MAX, TimeUnit.SECONDS)) {
            throw new IOException("the requests did not end in " + SECONDS_MAX + " s");
        }
        if (run.failed > 0) {
            throw new IOException(run.failed + " requests failed, the last with status " + run.lastFailure);
        }
        return requests * 1e9 / (System.nanoTime() - startNanos);
    }

    private final class Run {
        private final int requests;
        private final CountDownLatch open;
        private int sent;
        private int failed;
        private int lastFailure;

        Run(int requests) {
            this.requests = requests;
            this.open = new CountDownLatch(requests);
        }

        void next() {
            if (sent < requests) {
                sender.send(asks.apply(sent++), this::ended);
            }
        }

        private void ended(int status, int retryAfterSeconds) {
            if (status != 200) {
                failed++;
                lastFailure = status;
            }
            open.countDown();
            next();
        }
    }
}
