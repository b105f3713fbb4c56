// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpVersion;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against servers that stall or refuse as the test wants them to. */
class OpenLoopTest {
    private static final long STALL_MILLIS = 400;

    private final Vertx vertx = Vertx.vertx();
    private final AtomicInteger answered = new AtomicInteger();

    @TempDir
    private Path folder;

    @AfterEach
    void close() throws Exception {
        vertx.close().await(10, TimeUnit.SECONDS);
    }

    @Test
    void countsAStallForEveryRequestThatShouldHaveBeenSent() throws Exception {
        // The first answer is late by the stall, and on one connection of HTTP/1.1 all others wait for it.
        LoadFigures figures = run(Schedule.even(100, 1), 1);
        assertEquals(100, answered.get());
        if (figures.reached()) {
            assertTrue(figures.micros(90) > STALL_MILLIS * 1_000 / 4.0, figures::toString);
        } else {
            assertTrue(figures.achieved() < 98);
        }
        assertTrue(Files.readString(folder.resolve("log.hlog")).contains("HIST"));
    }

    @Test
    void tellsNoLatencyWhenTheTargetWasMissed() throws Exception {
        LoadFigures figures = run(Schedule.even(50, 0.5), Integer.MAX_VALUE);
        assertFalse(figures.reached(), figures::toString);
        assertThrows(IllegalStateException.class, () -> figures.micros(99));
        assertTrue(figures.toString().contains("TARGET MISSED"));
        assertFalse(figures.toString().contains("p99"));
    }

    @Test
    void poissonSchedulesRepeatAndKeepTheirRate() {
        Schedule first = Schedule.poisson(1_000, 20, 7);
        Schedule second = Schedule.poisson(1_000, 20, 7);
        int last = first.size() - 1;
        assertEquals(first.intendedNanos(last), second.intendedNanos(last));
        assertEquals(20e9, (double) first.intendedNanos(last), 20e9 * 0.05);
        assertThrows(IllegalArgumentException.class, () -> Schedule.even(0, 1));
    }

    /** Answers after the stall to the first requests, at once to those after. */
    private LoadFigures run(Schedule schedule, int stalled) throws Exception {
        HttpServer server = vertx.createHttpServer()
                .requestHandler(request -> {
                    if (answered.incrementAndGet() <= stalled) {
                        vertx.setTimer(STALL_MILLIS, id -> request.response().end());
                    } else {
                        request.response().end();
                    }
                })
                .listen(0, "127.0.0.1")
                .await(10, TimeUnit.SECONDS);
        URI url = URI.create("http://127.0.0.1:" + server.actualPort());
        try (Sender sender = Sender.to(url, null, HttpVersion.HTTP_1_1, 1, "none")) {
            return new OpenLoop(sender, schedule, i -> new Ask("/", "{}")).run(folder.resolve("log.hlog"));
        }
    }
}
