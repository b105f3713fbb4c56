// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.managedhsm.crypto.engine.NativeEngine;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a request takes of the heap on its event loop, beside what a Vert.x handler takes that does nothing and gives the
 * same answer, in the same JVM with the same requests; and that none of it is as long as the payload.
 */
class EventLoopAllocationTest {
    /** Heap bytes of a request over those of the bare server: 840 to 1,012 were measured, once all is compiled. */
    private static final long BYTES_MAX = 1_024;

    private static final int IN_FLIGHT = 64;
    private static final int WARM_UP = 60_000;
    private static final int MEASURED = 20_000;

    /** Long enough to be told apart from everything else, short enough for one frame. */
    private static final int PAYLOAD_LENGTH = 7_000;

    private static final int PAYLOADS = 4_000;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir
    private static Path folder;

    private static OwnHsm hsm;
    private static BareServer bare;
    private static long loopId;

    @BeforeAll
    static void start() throws Exception {
        Set<Long> before = loops();
        hsm = OwnHsm.start(folder.resolve("hsm"), 0, NativeEngine::open);
        Set<Long> loops = loops();
        loops.removeAll(before);
        assertEquals(1, loops.size(), "this machine has more event loops than the test looks at");
        loopId = loops.iterator().next();
        Files.createDirectories(folder.resolve("bare"));
        bare = BareServer.start(Certificate.make(folder.resolve("bare")), 1);
        create("es256", Work.ES256);
        create("a256gcm", Work.A256GCM);
    }

    @AfterAll
    static void end() {
        bare.close();
        hsm.close();
    }

    @Test
    void aRequestTakesLittleMoreThanABareHandler() throws Exception {
        Ask ask = Work.ES256.ask("es256");
        try (Sender toHsm = sender(hsm.url(), hsm.authority());
                Sender toBare = sender(bare.url(), null)) {
            run(toHsm, ask, WARM_UP);
            run(toBare, ask, WARM_UP);
            assertNotEquals(0, bare.threadId());
            List<Long> over = new ArrayList<>();
            List<String> told = new ArrayList<>();
            for (int round = 0; round < 3; round++) {
                long ours = bytes(loopId, toHsm, ask);
                long theirs = bytes(bare.threadId(), toBare, ask);
                over.add(ours - theirs);
                told.add(ours + " - " + theirs);
            }
            over.sort(null);
            System.getLogger("perf").log(System.Logger.Level.INFO, "heap bytes of a request: {0}", told);
            assertTrue(over.get(1) <= BYTES_MAX, "heap bytes of a request over a bare handler's: " + told);
        }
    }

    @Test
    void noPayloadIsEverOnTheHeap() throws Exception {
        Ask ask = encryption();
        try (Sender toHsm = sender(hsm.url(), hsm.authority());
                Sender toBare = sender(bare.url(), null)) {
            assertEquals(Map.of(), longArrays(toHsm, ask), "arrays as long as a payload, by thread");
            assertTrue(
                    longArrays(toBare, ask).keySet().stream().anyMatch(name -> name.startsWith("vert.x-eventloop")),
                    "a server that takes bodies onto the heap was not found out");
        }
    }

    /** How many arrays of the payload's length or more were made by threads of a server, of those that were looked at. */
    private static Map<String, Integer> longArrays(Sender sender, Ask ask) throws IOException, InterruptedException {
        run(sender, ask, PAYLOADS);
        Path file = folder.resolve("allocations.jfr");
        try (Recording recording = new Recording()) {
            recording.enable("jdk.ObjectAllocationInNewTLAB").withoutStackTrace();
            recording.enable("jdk.ObjectAllocationOutsideTLAB").withoutStackTrace();
            recording.start();
            run(sender, ask, PAYLOADS);
            recording.stop();
            recording.dump(file);
        }
        Map<String, Integer> found = new TreeMap<>();
        for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
            var thread = event.getThread("eventThread");
            String name = thread == null ? "" : String.valueOf(thread.getJavaName());
            boolean server = name.startsWith("vert.x-eventloop") || name.startsWith("fast-");
            if (server && event.getLong("allocationSize") >= PAYLOAD_LENGTH) {
                found.merge(name, 1, Integer::sum);
            }
        }
        return found;
    }

    private static Ask encryption() {
        String value = "A".repeat(PAYLOAD_LENGTH / 3 * 4);
        return new Ask("/keys/a256gcm/encrypt" + Work.VERSION, "{\"alg\":\"A256GCM\",\"value\":\"" + value + "\"}");
    }

    private static long bytes(long thread, Sender sender, Ask ask) throws IOException, InterruptedException {
        long before = THREADS.getThreadAllocatedBytes(thread);
        run(sender, ask, MEASURED);
        return (THREADS.getThreadAllocatedBytes(thread) - before) / MEASURED;
    }

    private static void run(Sender sender, Ask ask, int requests) throws IOException, InterruptedException {
        new ClosedLoop(sender, i -> ask, IN_FLIGHT).run(requests);
    }

    private static Sender sender(URI url, @Nullable Path authority) throws IOException {
        return Sender.to(url, authority, HttpVersion.HTTP_2, 1, hsm.token());
    }

    private static Set<Long> loops() {
        return Arrays.stream(THREADS.getThreadInfo(THREADS.getAllThreadIds()))
                .filter(info -> info != null && info.getThreadName().startsWith("vert.x-eventloop"))
                .map(info -> info.getThreadId())
                .collect(Collectors.toSet());
    }

    private static void create(String name, Work work) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (var pem = Files.newInputStream(hsm.authority())) {
            store.setCertificateEntry(
                    "hsm", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        try (HttpClient client = HttpClient.newBuilder().sslContext(context).build()) {
            HttpRequest request = HttpRequest.newBuilder(hsm.url().resolve("/keys/" + name + "/create" + Work.VERSION))
                    .header("Authorization", "Bearer " + hsm.token())
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(work.newKey()))
                    .build();
            assertEquals(200, client.send(request, BodyHandlers.ofString()).statusCode());
        }
    }
}
