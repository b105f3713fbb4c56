// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.backup;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.managedhsm.gateway.backup.BackupFailure.Reason;
import dev.managedhsm.gateway.fixture.BlobServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Backups in a blob container: what is sent, what is never said, and where nobody gets. */
class BlobTargetTest {
    private static final byte[] CONTENT = {1, 2, 3};

    private BlobServer storage;
    private BackupTargets targets;

    @BeforeEach
    void start() {
        storage = BlobServer.start();
        targets = allowing(storage.url());
    }

    private static BackupTargets allowing(String url) {
        return new BackupTargets(
                new BackupConfig(List.of(URI.create(url)), List.of(), null),
                InstantSource.system(),
                Duration.ofMillis(5));
    }

    @AfterEach
    void stop() {
        storage.close();
    }

    private BackupTarget target() {
        return targets.target(storage.url() + "/container/", "?" + BlobServer.SIGNATURE, false);
    }

    private static void assertFails(Reason reason, Runnable action) {
        BackupFailure failure = assertThrows(BackupFailure.class, action::run);
        assertEquals(reason, failure.reason(), failure::toString);
        assertFalse(failure.toString().contains("sig="), failure::toString);
    }

    @Test
    void putsReadsAndRemoves() {
        target().put("folder", "name", CONTENT);
        assertArrayEquals(CONTENT, storage.blobs.get("/container/folder/name"));
        assertArrayEquals(CONTENT, target().read("folder", "name", 3));
        assertFails(Reason.DAMAGED, () -> target().read("folder", "name", 2));
        target().remove("folder", "name");
        assertFails(Reason.NOT_FOUND, () -> target().read("folder", "name", 3));
        assertEquals(storage.url() + "/container", target().uri());
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 429, 500, 503})
    void triesAgainWhereTheStorageIsBusy(int status) {
        storage.busyStatus = status;
        storage.busy.set(2);
        target().put("folder", "name", CONTENT);
        assertEquals(3, storage.requests.get());
    }

    @Test
    void waitsAsLongAsTheStorageSays() {
        storage.comeAgain = "1";
        storage.busy.set(1);
        long begin = System.nanoTime();
        target().put("folder", "name", CONTENT);
        assertTrue(System.nanoTime() - begin >= Duration.ofSeconds(1).toNanos());
    }

    @Test
    void triesAgainWhereTheConnectionBreaks() {
        storage.broken.set(2);
        target().put("folder", "name", CONTENT);
        assertArrayEquals(CONTENT, storage.blobs.get("/container/folder/name"));
        storage.torn.set(2);
        assertArrayEquals(CONTENT, target().read("folder", "name", 3));
        storage.broken.set(1);
        target().remove("folder", "name");
        assertTrue(storage.blobs.isEmpty());
        target().remove("folder", "name"); // as after a call whose answer was lost
    }

    @Test
    void givesUpWhereTheConnectionKeepsBreaking() {
        storage.broken.set(100);
        assertFails(Reason.UNREACHABLE, () -> target().put("folder", "name", CONTENT));
        storage.broken.set(0);
        target().put("folder", "name", CONTENT);
        storage.torn.set(100);
        assertFails(Reason.UNREACHABLE, () -> target().read("folder", "name", 3));
    }

    @Test
    void putsAndReadsWhatIsAsLongAsAPartCanBe() {
        byte[] part = new byte[BackupForm.PART_LENGTH_MAX];
        new Random(1).nextBytes(part);
        target().put("folder", "part", part);
        assertArrayEquals(part, target().read("folder", "part", BackupForm.PART_LENGTH_MAX));
        assertFails(Reason.DAMAGED, () -> target().read("folder", "part", BackupForm.PART_LENGTH_MAX - 1));
    }

    @Test
    void givesUpWhereTheStorageStaysBusy() {
        storage.busy.set(100);
        assertFails(Reason.UNREACHABLE, () -> target().put("folder", "name", CONTENT));
        assertEquals(5, storage.requests.get());
    }

    @Test
    void saysNothingOfASignatureThatIsRefused() {
        assertFails(
                Reason.UNREACHABLE,
                () -> targets.target(storage.url() + "/container", "sig=secret", false)
                        .put("folder", "name", CONTENT));
    }

    @Test
    void saysNothingOfASignatureThatMakesNoUrl() {
        BlobTarget odd = new BlobTarget(
                new StorageCalls(
                        HttpClient.newHttpClient(), "The blob storage", Duration.ofSeconds(5), Duration.ofMillis(5)),
                InstantSource.system(),
                storage.url() + "/container",
                new BlobAccess.Signature("sig=secret%2"));
        BackupFailure failure = assertThrows(BackupFailure.class, () -> odd.put("folder", "name", CONTENT));
        assertEquals(Reason.NOT_ALLOWED, failure.reason());
        assertFalse(failure.toString().contains("secret"), failure::toString);
        assertNull(failure.getCause());
        assertEquals(0, storage.requests.get());
    }

    @Test
    void saysNothingOfASignatureWhereNobodyListens() {
        BackupTarget target = target();
        storage.close();
        assertFails(Reason.UNREACHABLE, () -> target.put("folder", "name", CONTENT));
    }

    @Test
    void followsNoRedirect() throws IOException {
        HttpServer astray = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        astray.createContext("/", exchange -> {
            exchange.getResponseHeaders().set("location", storage.url() + "/container/folder/name");
            exchange.sendResponseHeaders(307, -1);
            exchange.close();
        });
        astray.start();
        String url = "http://127.0.0.1:" + astray.getAddress().getPort();
        BackupTargets other = allowing(url);
        assertFails(
                Reason.UNREACHABLE,
                () -> other.target(url + "/container", BlobServer.SIGNATURE, false)
                        .put("folder", "name", CONTENT));
        assertTrue(storage.blobs.isEmpty());
        astray.stop(0);
    }

    @Test
    void goesToNoOtherHostPortOrSchemeAndTakesNoOddUrl() {
        int port = URI.create(storage.url()).getPort();
        for (String uri : List.of(
                "http://127.0.0.1:" + (port + 1) + "/container",
                "https://127.0.0.1:" + port + "/container",
                "http://localhost:" + port + "/container",
                "http://127.0.0.1.example.org:" + port + "/container",
                "http://user@127.0.0.1:" + port + "/container",
                storage.url() + "@example.org/container",
                storage.url() + "/container?x=y",
                storage.url() + "/container#x",
                storage.url() + "/../container",
                storage.url() + "/a/b/c",
                storage.url() + "/UPPER",
                storage.url(),
                "//127.0.0.1:" + port + "/container",
                "ftp://127.0.0.1:" + port + "/container")) {
            assertFails(Reason.NOT_ALLOWED, () -> targets.target(uri, BlobServer.SIGNATURE, false));
        }
        for (String token : List.of("", "a b", "a\r\nx: y", "a#b", "\u00e9", "sig=a%", "sig=a%2", "sig=a%zz", "%")) {
            BackupFailure failure =
                    assertThrows(BackupFailure.class, () -> targets.target(storage.url() + "/container", token, false));
            assertEquals(Reason.NOT_ALLOWED, failure.reason());
            assertFalse(failure.toString().contains("sig="), failure::toString);
        }
        assertFails(Reason.NOT_ALLOWED, () -> targets.target(storage.url() + "/container", null, false));
        assertFails(Reason.NOT_ALLOWED, () -> targets.target(storage.url() + "/container", null, true));
        assertEquals(0, storage.requests.get());
    }
}
