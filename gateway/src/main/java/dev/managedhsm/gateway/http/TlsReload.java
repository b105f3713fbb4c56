// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import java.time.Clock;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks every few seconds whether the files of TLS have changed. New connections get what is new; what cannot be used is
 * said loudly once, and the old stays in use. The content decides, not the time of a file, so links that are exchanged
 * are seen too, and a certificate that is written before its key is taken together with it a little later.
 *
 * <p>A thread of its own; started and closed by one that may block.
 */
public final class TlsReload implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TlsReload.class);

    private final TlsConfig config;
    private final Clock clock;
    private final Consumer<TlsFiles> action;
    private final ScheduledExecutorService thread;
    private String judged;

    /**
     * Starts to look.
     *
     * @param config the files
     * @param first what they held at start
     * @param clock tells whether a certificate holds
     * @param action puts other content to use; it throws when that cannot be done
     */
    public TlsReload(TlsConfig config, TlsFiles first, Clock clock, Consumer<TlsFiles> action) {
        this.config = config;
        this.clock = clock;
        this.action = action;
        this.judged = first.mark();
        this.thread = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("tls-files").factory());
        long everyMillis = config.lookEvery().toMillis();
        var _ = thread.scheduleWithFixedDelay(this::look, everyMillis, everyMillis, TimeUnit.MILLISECONDS);
    }

    /** Looks once; called by the thread of its own, and by nobody else at the same time. */
    void look() {
        String mark;
        try {
            mark = TlsFiles.mark(config);
        } catch (IllegalArgumentException unreadable) {
            mark = "unreadable";
        }
        if (mark.equals(judged)) {
            return;
        }
        judged = mark;
        try {
            TlsFiles files = TlsFiles.read(config, clock.instant());
            judged = files.mark();
            action.accept(files);
            LOG.info(
                    "TLS: new connections get the certificate with serial number {}, good until {}",
                    files.server().getSerialNumber().toString(16),
                    files.server().getNotAfter().toInstant());
        } catch (RuntimeException refused) { // whatever it is, the old one works
            LOG.error("TLS: THE NEW CERTIFICATE IS NOT USED, the old one stays: {}", refused.getMessage());
        }
    }

    /** Ends the thread; waits for a look that has begun. */
    @Override
    public void close() {
        thread.close();
    }
}
