// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps an HSM running until the process is asked to end (SIGTERM, SIGINT), then ends it in good order. */
final class UntilSignal {
    private static final Logger LOG = LoggerFactory.getLogger(UntilSignal.class);
    private static final int REFUSED = 1;

    private UntilSignal() {}

    /**
     * Says that an HSM is ready and waits. Whoever reads that may end it at once: the hook is there first.
     *
     * @param hsm what is closed in the end
     * @param announce says that it is ready; when it fails, the process ends with 1
     */
    static void hold(AutoCloseable hsm, Runnable announce) throws InterruptedException {
        AtomicInteger status = new AtomicInteger();
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("end").unstarted(() -> end(hsm, status)));
        try {
            announce.run();
        } catch (RuntimeException e) {
            status.set(REFUSED);
            throw e;
        }
        new CountDownLatch(1).await();
    }

    /** Without the halt the JVM would report the signal (130, 143), although everything ended as it should. */
    private static void end(AutoCloseable hsm, AtomicInteger status) {
        try {
            hsm.close();
        } catch (Exception e) {
            LOG.error("the HSM did not end cleanly", e);
            status.set(REFUSED);
        }
        Main.flushLog();
        Runtime.getRuntime().halt(status.get());
    }
}
