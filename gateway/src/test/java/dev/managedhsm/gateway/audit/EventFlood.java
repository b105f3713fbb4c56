// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import dev.managedhsm.gateway.wire.WireError;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/** A process that records as fast as the log takes it, and says each answer that leaves, until it is killed. */
final class EventFlood {
    private static final int IN_FLIGHT = 512;

    private final AuditWaiters waiters;
    private final String run;
    private final OutputStream said;
    private long next;

    private EventFlood(AuditWaiters waiters, String run, OutputStream said) {
        this.waiters = waiters;
        this.run = run;
        this.said = said;
    }

    /** {@code FOLDER RUN SAID}: where the log is, how ids begin, and the file in which answers are said. */
    public static void main(String[] arguments) throws IOException, AuditRefused {
        AuditSource source = AuditSource.of("6f0f4e30-5a0b-4c53-9a8a-3d1c0b6f7e11", "https://hsm1.hsm.test:8443", null);
        AuditLog log = AuditLog.open(AuditConfig.in(Path.of(arguments[0])), source, InstantSource.system(), () -> {});
        OutputStream said = Files.newOutputStream(Path.of(arguments[2]), StandardOpenOption.CREATE_NEW);
        ScheduledExecutorService loop = Executors.newSingleThreadScheduledExecutor();
        EventFlood flood = new EventFlood(log.waiters(loop), arguments[1], said);
        loop.execute(() -> {
            for (int i = 0; i < IN_FLIGHT; i++) {
                flood.record();
            }
        });
    }

    private void record() {
        String id = run + '-' + next++;
        AuditEvent event = new AuditEvent();
        event.request(id, "POST", "/keys/k/sign", "127.0.0.1");
        event.client("7.6", "flood", null);
        event.end(200, System.currentTimeMillis(), 1_500_000);
        waiters.record(
                event,
                new AuditWaiters.Answer() {
                    @Override
                    public void leave() {
                        say(id);
                        record();
                    }

                    @Override
                    public void withhold(WireError why) {
                        record();
                    }
                },
                true);
    }

    private void say(String id) {
        try {
            said.write((id + "\n").getBytes(StandardCharsets.US_ASCII)); // not buffered: it is said although killed
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
