// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.FrameSocket;
import dev.managedhsm.gateway.fixture.FrameSocket.Frame;
import dev.managedhsm.gateway.fixture.PublicKeys;
import dev.managedhsm.gateway.fixture.RunningHsm;
import dev.managedhsm.gateway.fixture.TlsSocket;
import dev.managedhsm.gateway.fixture.TlsSocket.Http1Answer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.Socket;
import java.security.PublicKey;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What connections may do, and what ends them. */
class ConnectionIT {
    /** Frames that cost work and bring no request: so many one connection has in store. */
    private static final int CONTROL_FRAMES_MAX = 1000;

    /** So many streams one connection may open only to reset them. */
    private static final int RESETS_MAX = 1000;

    private static final int ENHANCE_YOUR_CALM = 0xb;

    private static RunningHsm hsm;
    private static PublicKey slowKey;
    private static PublicKey quickKey;

    @BeforeAll
    static void startHsm() {
        hsm = RunningHsm.start();
        slowKey = create("slow", new JsonObject().put("kty", "RSA").put("key_size", 3072));
        quickKey = create("quick", new JsonObject().put("kty", "EC"));
    }

    private static PublicKey create(String name, JsonObject body) {
        return PublicKeys.of(hsm.client().create(name, body).getJsonObject("key"));
    }

    @AfterAll
    static void endHsm() {
        RunningHsm.end(hsm);
    }

    private static String signBody(String algorithm, byte[] message) {
        String digest = Base64.getUrlEncoder().withoutPadding().encodeToString(PublicKeys.digest(algorithm, message));
        return "{\"alg\":\"" + algorithm + "\",\"value\":\"" + digest + "\"}";
    }

    private static String http1Head(String key, String lengthHeader) {
        return "POST /keys/" + key + "/sign?api-version=7.6 HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
                + hsm.client().bearer() + "\r\n" + lengthHeader + "\r\n\r\n";
    }

    private static String http1Sign(String key, String algorithm, byte[] message) {
        String body = signBody(algorithm, message);
        return http1Head(key, "Content-Length: " + body.length()) + body;
    }

    private static void assertSigned(PublicKey key, String algorithm, byte[] message, Http1Answer answer) {
        assertEquals(200, answer.status(), answer.body());
        byte[] signature = Base64.getUrlDecoder().decode(new JsonObject(answer.body()).getString("value"));
        assertTrue(PublicKeys.verified(key, algorithm, message, signature), answer.body());
    }

    @ParameterizedTest
    @CsvSource({"TLSv1.2, http/1.1", "TLSv1.3, http/1.1", "TLSv1.2, h2", "TLSv1.3, h2"})
    void speaksTls12AndTls13(String protocol, String application) throws IOException {
        try (TlsSocket socket = TlsSocket.open(hsm, protocol, application)) {
            assertEquals(protocol, socket.protocol());
            assertEquals(application, socket.application());
            if (application.equals("http/1.1")) {
                socket.send(http1Sign("quick", "ES256", new byte[] {1}));
                assertSigned(quickKey, "ES256", new byte[] {1}, socket.receive());
            }
        }
    }

    @Test
    void speaksNothingInTheClear() throws IOException {
        try (Socket socket = new Socket("localhost", hsm.port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream()
                    .write("GET /keys?api-version=7.6 HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(US_ASCII));
            byte[] answer = socket.getInputStream().readAllBytes();
            assertTrue(!new String(answer, US_ASCII).contains("HTTP/"), "at most a TLS alert");
        }
    }

    @Test
    void answersPipelinedRequestsInTheirOrder() throws IOException {
        try (TlsSocket socket = TlsSocket.open(hsm)) {
            byte[][] messages = new byte[8][];
            StringBuilder requests = new StringBuilder();
            for (int i = 0; i < messages.length; i++) {
                messages[i] = ("pipelined " + i).getBytes(UTF_8);
                requests.append(
                        i % 2 == 0
                                ? http1Sign("slow", "PS256", messages[i])
                                : http1Sign("quick", "ES256", messages[i]));
            }

            socket.send(requests.toString());

            for (int i = 0; i < messages.length; i++) {
                Http1Answer answer = socket.receive();
                assertSigned(i % 2 == 0 ? slowKey : quickKey, i % 2 == 0 ? "PS256" : "ES256", messages[i], answer);
            }
        }
    }

    @Test
    void keepsBodiesApartWhereOneIsRefused() throws IOException {
        try (TlsSocket socket = TlsSocket.open(hsm)) {
            byte[] message = {2};
            String unknown = http1Sign("unknown", "ES256", message);
            String malformed = http1Head("quick", "Content-Length: 3") + "{{{";
            String noToken = http1Sign("quick", "ES256", message).replaceFirst("Authorization: [^\r]+\r\n", "");

            socket.send(unknown + malformed + noToken + http1Sign("quick", "ES256", message));

            assertEquals(404, socket.receive().status());
            assertEquals(400, socket.receive().status());
            assertEquals(401, socket.receive().status());
            assertSigned(quickKey, "ES256", message, socket.receive());
        }
    }

    @Test
    void takesABodyInPieces() throws IOException {
        byte[] message = {3};
        String body = signBody("ES256", message);
        try (TlsSocket socket = TlsSocket.open(hsm)) {
            socket.send(http1Head("quick", "Content-Length: " + body.length()));
            for (int i = 0; i < body.length(); i++) {
                socket.send(body.substring(i, i + 1));
            }
            assertSigned(quickKey, "ES256", message, socket.receive());

            socket.send(http1Head("quick", "Transfer-Encoding: chunked"));
            for (int i = 0; i < body.length(); i += 7) {
                String piece = body.substring(i, Math.min(body.length(), i + 7));
                socket.send(Integer.toHexString(piece.length()) + "\r\n" + piece + "\r\n");
            }
            socket.send("0\r\n\r\n");
            assertSigned(quickKey, "ES256", message, socket.receive());
        }
    }

    @Test
    void asksForABodyThatWaitsToBeAskedFor() throws IOException {
        byte[] message = {4};
        String body = signBody("ES256", message);
        try (TlsSocket socket = TlsSocket.open(hsm)) {
            socket.send(http1Head("quick", "Expect: 100-continue\r\nContent-Length: " + body.length()));
            assertEquals(100, socket.receive().status());
            socket.send(body);
            assertSigned(quickKey, "ES256", message, socket.receive());
        }
    }

    @ParameterizedTest
    @CsvSource({"'Content-Length: 5\r\nContent-Length: 6'", "'Content-Length: 5\r\nTransfer-Encoding: chunked'"})
    void endsAConnectionWhoseBodiesAreAmbiguous(String lengthHeaders) throws IOException {
        try (TlsSocket socket = TlsSocket.open(hsm)) {
            socket.send(http1Head("quick", lengthHeaders) + "0\r\n\r\n" + http1Sign("quick", "ES256", new byte[1]));

            Http1Answer first = socket.receive();

            assertEquals(400, first.status(), first.body());
            assertTrue(socket.ended(), "what follows is read as no request");
        }
    }

    @Test
    void endsAConnectionWhoseHeadIsTooLongOrNone() throws IOException {
        assertEndedAfter("GET /keys HTTP/1.1\r\nHost: localhost\r\nx: " + "a".repeat(20_000) + "\r\n\r\n", 431);
        assertEndedAfter("NONSENSE\r\n\r\n", 400);
    }

    private static void assertEndedAfter(String request, int status) throws IOException {
        try (TlsSocket socket = TlsSocket.open(hsm)) {
            socket.send(request);
            Http1Answer answer = socket.receive();
            assertEquals(status, answer.status());
            assertTrue(answer.body().contains("Activity ID: " + answer.headers().get("x-ms-request-id")));
            assertTrue(socket.ended());
        }
    }

    /** Frames that no request needs many of. */
    enum Flood {
        PING(FrameSocket.PING, 0, 0, "0000000000000000"),
        PING_ACK(FrameSocket.PING, FrameSocket.ACK, 0, "0000000000000000"),
        SETTINGS(FrameSocket.SETTINGS, 0, 0, ""),
        WINDOW_UPDATE(FrameSocket.WINDOW_UPDATE, 0, 0, "00000001"),
        PRIORITY(FrameSocket.PRIORITY, 0, 3, "0000000000"),
        UNKNOWN(0x42, 0, 0, "00000000");

        private final int type;
        private final int flags;
        private final int stream;
        private final String payload;

        Flood(int type, int flags, int stream, String payload) {
            this.type = type;
            this.flags = flags;
            this.stream = stream;
            this.payload = payload;
        }

        void add(FrameSocket socket) {
            socket.add(type, flags, stream, HexFormat.of().parseHex(payload));
        }
    }

    // Little more than the limit is sent: a connection closed while bytes still come loses its farewell in TCP.

    @ParameterizedTest
    @EnumSource(Flood.class)
    void endsAConnectionThatFloods(Flood flood) throws IOException {
        try (FrameSocket socket = FrameSocket.open(hsm)) {
            for (int i = 0; i < CONTROL_FRAMES_MAX + 10; i++) {
                flood.add(socket);
            }
            socket.flush();

            Frame end = socket.next(FrameSocket.GOAWAY);

            assertEquals(ENHANCE_YOUR_CALM, end.goAwayCode());
            assertTrue(socket.ended());
        }
        hsm.client().get("/keys/quick").ok();
    }

    @Test
    void endsAConnectionThatOpensStreamsOnlyToResetThem() throws IOException {
        try (FrameSocket socket = FrameSocket.open(hsm)) {
            for (int i = 0; i < RESETS_MAX + 10; i++) {
                socket.addHead(2 * i + 1, 0, "/keys?api-version=7.6", Map.of());
                socket.add(FrameSocket.RST_STREAM, 0, 2 * i + 1, new byte[4]);
            }
            socket.flush();

            assertEquals(ENHANCE_YOUR_CALM, socket.next(FrameSocket.GOAWAY).goAwayCode());
        }
    }

    @Test
    void answersPingsWithinTheBudgetAndGivesItBackForRequests() throws IOException {
        try (FrameSocket socket = FrameSocket.open(hsm)) {
            int stream = 1;
            int acknowledged = 0;
            for (int round = 0; round < 4; round++) {
                for (int i = 0; i < 500; i++) {
                    Flood.PING.add(socket);
                }
                socket.flush();
                for (int i = 0; i < 500; i++) {
                    acknowledged += socket.next(FrameSocket.PING).acknowledges() ? 1 : 0;
                }
                for (int i = 0; i < 60; i++, stream += 2) {
                    socket.addHead(stream, FrameSocket.END_STREAM, "/keys?api-version=7.6", Map.of());
                    socket.flush();
                    socket.next(FrameSocket.HEADERS);
                }
            }
            assertEquals(2000, acknowledged);
        }
    }

    @Test
    @Tag("slow") // the limit for a body is ten seconds
    void waitsForNoBodyLongerThanItsLimit() throws IOException {
        try (TlsSocket http1 = TlsSocket.open(hsm);
                FrameSocket http2 = FrameSocket.open(hsm)) {
            long start = System.nanoTime();
            http1.send(http1Head("quick", "Content-Length: 100") + "{");
            http2.addHead(
                    1,
                    0,
                    "/keys/quick/sign?api-version=7.6",
                    Map.of("authorization", hsm.client().bearer()));
            http2.add(FrameSocket.DATA, 0, 1, new byte[] {'{'});
            http2.flush();

            Http1Answer answer = http1.receive();
            assertEquals(408, answer.status(), answer.body());
            assertEquals(
                    "RequestTimeout",
                    new JsonObject(answer.body()).getJsonObject("error").getString("code"));
            Frame body = http2.next(FrameSocket.DATA);
            assertTrue(new String(body.payload(), UTF_8).contains("RequestTimeout"));
            double seconds = (System.nanoTime() - start) / 1e9;
            assertTrue(seconds >= 9.5 && seconds < 15, "after " + seconds + " s");
        }
    }
}
