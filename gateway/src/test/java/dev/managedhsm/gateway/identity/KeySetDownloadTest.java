// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.token.KeyFetch;
import dev.managedhsm.gateway.fixture.IssuerServer;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.Vertx;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@SuppressWarnings("NullAway.Init") // JUnit calls open() first
class KeySetDownloadTest {
    private static final String NOT_TRUSTED = "unable to find valid certification path";

    private static RunningHsm hsm;
    private static IssuerServer server;
    private static Vertx vertx;
    private static KeySetDownload download;

    @BeforeAll
    static void open() {
        hsm = RunningHsm.start();
        server = IssuerServer.start(hsm);
        vertx = Vertx.vertx();
        download = new KeySetDownload(vertx);
    }

    @AfterAll
    static void close() throws Exception {
        vertx.close().await(10, TimeUnit.SECONDS);
        server.close();
        hsm.close();
    }

    private static String fetch(URI url, @Nullable Path trust) throws Exception {
        return download.fetch(url, trust).toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    private static String failure(URI url, @Nullable Path trust) {
        return String.valueOf(
                assertThrows(ExecutionException.class, () -> fetch(url, trust)).getCause());
    }

    @Test
    void fetchesWhatIsThere() throws Exception {
        server.show("/keys", "{\"keys\":[]}");
        assertEquals("{\"keys\":[]}", fetch(server.url("/keys"), hsm.ca()));
        server.show("/keys", "\u00e4");
        assertEquals("\u00e4", fetch(server.url("/keys"), hsm.ca()));
    }

    @Test
    void trustsThePinnedCertificatesAndNobodyElse() throws Exception {
        server.show("/keys", "{}");
        assertEquals("{}", fetch(server.url("/keys"), hsm.folder().resolve("tls/server.pem")));
        String why = failure(server.url("/keys"), null);
        assertTrue(why.contains(NOT_TRUSTED), why);
        try (RunningHsm other = RunningHsm.start()) {
            assertTrue(failure(server.url("/keys"), other.ca()).contains(NOT_TRUSTED));
        }
        assertFalse(failure(server.url("/keys"), Path.of("/nowhere/ca.pem")).isEmpty());
    }

    @Test
    void refusesACertificateForAnotherName() {
        try (IssuerServer elsewhere = IssuerServer.start(hsm, "127.0.0.2")) {
            elsewhere.show("/keys", "{}");
            String why = failure(elsewhere.url("/keys"), hsm.ca());
            assertTrue(why.contains("127.0.0.2"), why);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 307, 308})
    void followsNothing(int status) {
        server.show("/target", "{}");
        server.show("/moved", status, Map.of("location", server.url("/target").toString()), new byte[0]);
        assertTrue(failure(server.url("/moved"), hsm.ca()).contains("answered " + status));
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 206, 401, 404, 500, 503})
    void takesNoAnswerBut200(int status) {
        server.show("/other", status, Map.of(), new byte[0]);
        assertTrue(failure(server.url("/other"), hsm.ca()).contains("answered " + status));
    }

    @Test
    void boundsTheAnswer() throws Exception {
        server.show("/keys", "x".repeat(KeyFetch.LENGTH_MAX));
        assertEquals(KeyFetch.LENGTH_MAX, fetch(server.url("/keys"), hsm.ca()).length());
        server.show("/keys", "x".repeat(KeyFetch.LENGTH_MAX + 1));
        assertTrue(failure(server.url("/keys"), hsm.ca()).contains("longer than"));
        server.show("/keys", 200, Map.of(), new byte[] {'{', (byte) 0xc0, '}'});
        assertTrue(failure(server.url("/keys"), hsm.ca()).contains("not UTF-8"));
    }

    @Test
    void speaksNoPlainHttp() {
        assertThrows(IllegalArgumentException.class, () -> download.fetch(URI.create("http://localhost/keys"), null));
    }

    @Test
    void givesUpOnASilentServer() throws Exception {
        try (ServerSocket silent = new ServerSocket(0)) {
            long before = System.nanoTime();
            assertFalse(failure(URI.create("https://localhost:" + silent.getLocalPort() + "/keys"), hsm.ca())
                    .isEmpty());
            assertTrue(System.nanoTime() - before < TimeUnit.SECONDS.toNanos(15));
        }
    }
}
