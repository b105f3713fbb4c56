// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.forward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.audit.AuditConfig;
import dev.managedhsm.gateway.audit.AuditEvent;
import dev.managedhsm.gateway.audit.AuditLog;
import dev.managedhsm.gateway.audit.AuditRefused;
import dev.managedhsm.gateway.audit.AuditSource;
import dev.managedhsm.gateway.audit.AuditWaiters;
import dev.managedhsm.gateway.audit.ForwardConfig;
import dev.managedhsm.gateway.fixture.TestCertificate;
import dev.managedhsm.gateway.wire.WireError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every event gets to the receiver, whatever becomes of the receiver, and recording never waits for it. */
class AuditForwarderTest {
    @TempDir
    Path folder;

    private final ScheduledExecutorService loop = Executors.newSingleThreadScheduledExecutor();
    private AuditLog log;
    private AuditWaiters waiters;
    private @Nullable AuditForwarder forwarder;
    private long recorded;

    @BeforeEach
    void open() throws Exception {
        AuditSource source = AuditSource.of("6f0f4e30-5a0b-4c53-9a8a-3d1c0b6f7e11", "https://hsm1.hsm.test:8443", null);
        log = AuditLog.open(AuditConfig.in(folder.resolve("audit")), source, InstantSource.system(), () -> {});
        waiters = log.waiters(loop);
    }

    @AfterEach
    void close() {
        end();
        log.close();
        loop.shutdownNow();
    }

    private void forward(ForwardConfig config) throws Exception {
        forwarder = AuditForwarder.start(config, folder.resolve("audit"), "hsm1.hsm.test", log);
    }

    private static ForwardConfig plain(int port) {
        return new ForwardConfig(
                "127.0.0.1", port, false, null, true, ForwardConfig.Format.JSON, Duration.ofMillis(300));
    }

    private void end() {
        if (forwarder != null) {
            forwarder.close();
            forwarder = null;
        }
    }

    private ForwardHealth health() {
        assertNotNull(forwarder);
        return forwarder.health();
    }

    /** Records, and waits until all answers have left. */
    private void record(int events) throws Exception {
        List<CompletableFuture<String>> answers = new ArrayList<>();
        for (int i = 0; i < events; i++) {
            CompletableFuture<String> answer = new CompletableFuture<>();
            answers.add(answer);
            long number = recorded++;
            loop.execute(() -> waiters.record(
                    event(number),
                    new AuditWaiters.Answer() {
                        @Override
                        public void leave() {
                            answer.complete("left");
                        }

                        @Override
                        public void withhold(WireError why) {
                            answer.complete(why.message());
                        }
                    },
                    true));
            if (i % 1000 == 999) {
                answer.get(10, TimeUnit.SECONDS);
            }
        }
        for (CompletableFuture<String> answer : answers) {
            assertEquals("left", answer.get(10, TimeUnit.SECONDS));
        }
    }

    private static AuditEvent event(long number) {
        AuditEvent event = new AuditEvent();
        event.request("request-" + number, "POST", "/keys/k/sign", "127.0.0.1");
        event.client("7.6", "test", null);
        event.end(200, 1_800_000_000_000L, 1_500_000);
        return event;
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.call()) {
            assertTrue(System.nanoTime() < endNanos, "it did not come to pass");
            Thread.sleep(10);
        }
    }

    private List<Long> all() {
        return LongStream.range(0, recorded).boxed().toList();
    }

    @Test
    void receiverGetsEveryEventOnceAndInOrder() throws Exception {
        try (SyslogReceiver receiver = SyslogReceiver.plain(0)) {
            record(100);
            forward(plain(receiver.port()));
            record(400);
            await(() -> health().confirmed() == recorded);
            record(100);
            await(() -> health().confirmed() == recorded);
            assertEquals(all(), receiver.indices());
            assertEquals(0, health().lagEvents());
            String first = receiver.messages().getFirst();
            assertTrue(
                    first.startsWith("<110>1 2027-01-15T08:00:00.000Z hsm1.hsm.test managed-hsm - KeySign [meta"
                            + " sequenceId=\"1\"] {\"time\":"),
                    first);
            assertTrue(first.endsWith("}}"), first);
        }
    }

    @Test
    void stallingReceiverCostsNobodyAnythingAndGetsAllInTheEnd() throws Exception {
        try (SyslogReceiver receiver = SyslogReceiver.plain(0)) {
            forward(plain(receiver.port()));
            record(10);
            await(() -> receiver.indices().size() == 10);
            receiver.stall();
            record(8_000); // 9 MB, more than the connection holds
            assertTrue(health().lagEvents() >= 7_000, health().toString());
            assertTrue(receiver.indices().size() <= 11, "it stalls");
            receiver.resume();
            await(() -> health().confirmed() == recorded);
            assertEquals(all(), receiver.indices());
        }
    }

    @Test
    void killedReceiverIsFoundAgainAndNothingIsLost() throws Exception {
        SyslogReceiver first = SyslogReceiver.plain(0);
        int port = first.port();
        forward(plain(port));
        record(300);
        await(() -> first.indices().size() >= 100);
        first.stall(); // so that something is unread when it dies
        record(300);
        first.kill();
        record(50);
        await(() -> health().failure() != null);
        assertTrue(health().lagEvents() > 0);
        try (SyslogReceiver second = SyslogReceiver.plain(port)) {
            await(() -> health().confirmed() == recorded);
            TreeSet<Long> got = new TreeSet<>(first.indices());
            got.addAll(second.indices());
            assertEquals(new TreeSet<>(all()), got);
            for (List<Long> connection : second.connections()) {
                for (int i = 1; i < connection.size(); i++) {
                    assertEquals(connection.get(i - 1) + 1, connection.get(i), "in order");
                }
            }
            assertEquals(null, health().failure());
        } finally {
            first.resume();
            first.close();
        }
    }

    @Test
    void goesOnBehindWhatWasConfirmedAfterARestart() throws Exception {
        try (SyslogReceiver receiver = SyslogReceiver.plain(0)) {
            forward(plain(receiver.port()));
            record(200);
            await(() -> health().confirmed() == recorded);
            end();
            record(150);
            assertTrue(Files.readString(folder.resolve("audit").resolve(ForwardCursor.FILE))
                    .startsWith("200 "));
            forward(plain(receiver.port()));
            await(() -> health().confirmed() == recorded);
            assertEquals(all(), receiver.indices());
        }
    }

    @Test
    void leavesNothingOutWhereTheLogIsDamaged() throws Exception {
        try (SyslogReceiver receiver = SyslogReceiver.plain(0)) {
            record(20);
            log.close();
            Path events = folder.resolve("audit").resolve("events-0000000000000000.jsonl");
            Files.writeString(events, Files.readString(events).substring(0, 100)); // no whole line is left
            AuditForwarder damaged =
                    new AuditForwarder(plain(receiver.port()), folder.resolve("audit"), "hsm1.hsm.test", () -> 20);
            forwarder = damaged;
            damaged.start();
            await(() -> damaged.health().failure() != null);
            String failure = String.valueOf(damaged.health().failure());
            assertTrue(failure.contains("event 0 of the audit log is not there"), failure);
            assertEquals(0, damaged.health().confirmed());
        }
    }

    /** A file that says that this one is trusted. */
    private Path trusted(TestCertificate certificate) throws Exception {
        Path trusted = folder.resolve("trusted.pem");
        certificate.writeChain(trusted);
        return trusted;
    }

    @Test
    void sendsCefOverTlsToWhomItTrusts() throws Exception {
        TestCertificate certificate = TestCertificate.ec("localhost");
        Path trusted = trusted(certificate);
        try (SyslogReceiver receiver = SyslogReceiver.tls(certificate.trust(certificate))) {
            forward(tls(receiver.port(), trusted));
            record(50);
            await(() -> health().confirmed() == recorded);
            assertEquals(all(), receiver.indices());
            String first = receiver.messages().getFirst();
            assertTrue(
                    first.contains("] CEF:0|Managed HSM gateway|managed-hsm|1|KeySign|KeySign|3|rt=1800000000000"
                            + " outcome=Success"),
                    first);
        }
    }

    @Test
    void sendsNothingToAStranger() throws Exception {
        TestCertificate certificate = TestCertificate.ec("localhost");
        Path trusted = trusted(TestCertificate.ec("localhost"));
        try (SyslogReceiver receiver = SyslogReceiver.tls(certificate.trust(certificate))) {
            forward(tls(receiver.port(), trusted));
            record(5);
            await(() -> health().failure() != null);
            assertEquals(List.of(), receiver.indices());
            assertEquals(5, health().lagEvents());
        }
    }

    @Test
    void endsAlthoughAReceiverStallsOverTls() throws Exception {
        TestCertificate certificate = TestCertificate.ec("localhost");
        Path trusted = trusted(certificate);
        try (SyslogReceiver receiver = SyslogReceiver.tls(certificate.trust(certificate))) {
            forward(new ForwardConfig(
                    "localhost",
                    receiver.port(),
                    true,
                    trusted,
                    true,
                    ForwardConfig.Format.JSON,
                    Duration.ofMinutes(1)));
            record(10);
            await(() -> receiver.indices().size() == 10);
            receiver.stall();
            record(8_000); // 9 MB, more than the connection holds
            await(AuditForwarderTest::writes);
            assertTimeoutPreemptively(Duration.ofSeconds(10), this::end);
            await(() -> thread() == null);
            receiver.resume();
        }
    }

    private static @Nullable Thread thread() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(one -> one.getName().equals("audit-forward"))
                .findAny()
                .orElse(null);
    }

    /** Whether it is within a write, which is when the connection takes no more. */
    private static boolean writes() {
        Thread sender = thread();
        return sender != null
                && Arrays.stream(sender.getStackTrace())
                        .anyMatch(frame -> frame.getMethodName().equals("implWrite")
                                && frame.getClassName().equals("sun.nio.ch.NioSocketImpl"));
    }

    @Test
    void endOfTcpBeneathTlsConfirmsNothing() throws Exception {
        TestCertificate certificate = TestCertificate.ec("localhost");
        Path trusted = trusted(certificate);
        try (SyslogReceiver receiver = SyslogReceiver.tlsEndingTcpOnly(certificate.trust(certificate))) {
            forward(tls(receiver.port(), trusted));
            record(20);
            await(() -> health().failure() != null);
            assertEquals(all(), receiver.indices().subList(0, 20));
            String failure = String.valueOf(health().failure());
            assertTrue(failure.contains("without ending TLS"), failure);
            assertEquals(0, health().confirmed());
            end();
            forward(new ForwardConfig(
                    "localhost",
                    receiver.port(),
                    true,
                    trusted,
                    false,
                    ForwardConfig.Format.CEF,
                    Duration.ofMillis(300)));
            await(() -> health().confirmed() == recorded);
        }
    }

    @Test
    void goesOnFromTheEndOfALogThatIsShorterThanWhatWasForwarded() throws Exception {
        try (SyslogReceiver receiver = SyslogReceiver.plain(0)) {
            record(20);
            Path cursor = folder.resolve("audit").resolve(ForwardCursor.FILE);
            Files.writeString(cursor, "5000\n");
            forward(plain(receiver.port()));
            assertTrue(Files.readString(cursor).startsWith("20 "), "also if it is ended before anything is confirmed");
            record(30);
            await(() -> health().confirmed() == recorded);
            assertEquals(all().subList(20, 50), receiver.indices());
        }
    }

    @Test
    void refusesALogThatIsAnotherOneThanWhatWasForwardedOfIt() throws Exception {
        Path cursor = folder.resolve("audit").resolve(ForwardCursor.FILE);
        try (SyslogReceiver receiver = SyslogReceiver.plain(0)) {
            record(20);
            forward(plain(receiver.port()));
            await(() -> health().confirmed() == 20);
            end();
            String remembered = Files.readString(cursor);
            log.close();
            try (Stream<Path> files = Files.list(folder.resolve("audit"))) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            open();
            recorded = 1000; // other events
            record(30);
            Files.writeString(cursor, remembered);
            AuditRefused refused = assertThrows(AuditRefused.class, () -> forward(plain(receiver.port())));
            String why = String.valueOf(refused.getMessage());
            assertTrue(why.contains("event 19 is another one") && why.contains("remove forward.cursor"), why);
            assertEquals(remembered, Files.readString(cursor), "as it was");
        }
        try (SyslogReceiver receiver = SyslogReceiver.plain(0)) {
            Files.delete(cursor);
            forward(plain(receiver.port()));
            await(() -> health().confirmed() == 30);
            assertEquals(LongStream.range(0, 30).boxed().toList(), receiver.indices());
        }
    }

    private static ForwardConfig tls(int port, Path trusted) {
        return new ForwardConfig(
                "localhost", port, true, trusted, true, ForwardConfig.Format.CEF, Duration.ofMillis(300));
    }
}
