// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.FrameSocket;
import dev.managedhsm.gateway.fixture.FrameSocket.Frame;
import dev.managedhsm.gateway.fixture.PublicKeys;
import dev.managedhsm.gateway.fixture.RunningHsm;
import dev.managedhsm.gateway.fixture.TlsSocket;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.util.Base64;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Answers to key operations and random bytes, which are written past Vert.x's response: as frames of HTTP/2, as one buffer of HTTP/1.1. */
class DirectAnswersIT {
    private static final byte[] MESSAGE = "message".getBytes(StandardCharsets.UTF_8);
    private static final String PATH = "/keys/ec/sign";
    private static final int LONG = 8_000;

    /** A client that could send nothing so often in a row, half a second apart, is held up. */
    private static final int STALLED = 4;

    /** Headers whose values no two answers share. */
    private static final Set<String> OWN =
            Set.of("x-ms-request-id", "x-ms-server-latency", "server-timing", "x-hsm-audit-receipt");

    /** What each request of a comparison asks for beside its signature. */
    private static final Map<String, String> WANTED = Map.of(
            "x-ms-client-request-id",
            "mine",
            "x-ms-return-client-request-id",
            "true",
            "x-hsm-server-timing",
            "1",
            "x-hsm-audit-receipt",
            "1");

    /** A setting of RFC 9113 section 6.5.2. */
    private static final short INITIAL_WINDOW_SIZE = 4;

    private static RunningHsm hsm;
    private static PublicKey key;

    @BeforeAll
    static void startHsm() {
        hsm = RunningHsm.start();
        key = PublicKeys.of(
                hsm.client().create("ec", new JsonObject().put("kty", "EC")).getJsonObject("key"));
    }

    @AfterAll
    static void endHsm() {
        RunningHsm.end(hsm);
    }

    private static String sign(byte[] message) {
        String digest = Base64.getUrlEncoder().withoutPadding().encodeToString(PublicKeys.digest("ES256", message));
        return "{\"alg\":\"ES256\",\"value\":\"" + digest + "\"}";
    }

    private static void assertSigned(byte[] message, String answer) {
        byte[] signature = Base64.getUrlDecoder().decode(new JsonObject(answer).getString("value"));
        assertTrue(PublicKeys.verified(key, "ES256", message, signature), answer);
    }

    /** Vert.x answers a client that wants its connection ended. */
    @Test
    void haveTheHeadersThatVertxWouldGiveThem() throws IOException {
        Map<String, String> vertx = answer("Connection: close\r\n", true);
        Map<String, String> http1 = answer("", false);
        Map<String, String> asked = answer("Connection: keep-alive\r\n", false);
        Map<String, String> http2 = http2();
        assertEquals("close", vertx.remove("connection"));
        assertEquals(vertx, http1);
        assertEquals(vertx, asked);
        assertEquals(vertx, http2);
        assertEquals("mine", http2.get("x-ms-client-request-id"));
    }

    private static Map<String, String> answer(String more, boolean last) throws IOException {
        try (TlsSocket socket = TlsSocket.open(hsm)) {
            StringBuilder wanted = new StringBuilder(more);
            WANTED.forEach((name, value) ->
                    wanted.append(name).append(": ").append(value).append("\r\n"));
            socket.send(post(PATH, wanted.toString(), sign(MESSAGE)));
            TlsSocket.Http1Answer answer = socket.receive();
            assertSigned(MESSAGE, answer);
            if (last) {
                assertTrue(socket.ended());
            }
            return shared(answer.headers());
        }
    }

    private static String post(String path, String headers, String body) {
        return "POST " + path + "?api-version=7.6 HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
                + hsm.client().bearer() + "\r\nContent-Length: " + body.length() + "\r\n" + headers + "\r\n" + body;
    }

    private static void assertSigned(byte[] message, TlsSocket.Http1Answer answer) {
        assertEquals(200, answer.status(), answer.body());
        assertSigned(message, answer.body());
    }

    private static Map<String, String> http2() {
        HttpRequest.Builder request =
                hsm.client(HttpClient.Version.HTTP_2).posting(PATH, HttpRequest.BodyPublishers.ofString(sign(MESSAGE)));
        WANTED.forEach(request::header);
        Answer answer = hsm.client(HttpClient.Version.HTTP_2).send(request);
        assertEquals(HttpClient.Version.HTTP_2, answer.response().version());
        assertSigned(MESSAGE, answer.ok().encode());
        Map<String, String> headers = new TreeMap<>();
        answer.response().headers().map().forEach((name, values) -> headers.put(name, String.join("|", values)));
        headers.remove(":status");
        return shared(headers);
    }

    /** All that two answers share, behind those that each must have of its own. */
    private static Map<String, String> shared(Map<String, String> headers) {
        Map<String, String> shared = new TreeMap<>(headers);
        for (String own : OWN) {
            assertNotNull(shared.remove(own), own);
        }
        return shared;
    }

    @Test
    void keepTheOrderOfTheirRequestsAmongThoseOfVertx() throws IOException {
        try (TlsSocket socket = TlsSocket.open(hsm)) {
            String chunked =
                    post(PATH, "", sign(message(3))).replaceFirst("Content-Length: \\d+", "Transfer-Encoding: chunked");
            int bodyBegin = chunked.indexOf("\r\n\r\n") + 4;
            String body = chunked.substring(bodyBegin);
            socket.send(post(PATH, "", sign(message(0)))
                    + post("/keys/missing/sign", "", sign(MESSAGE))
                    + post(PATH, "Connection: keep-alive\r\n", sign(message(1)))
                    + post(PATH, "Expect: 100-continue\r\n", sign(message(2)))
                    + chunked.substring(0, bodyBegin) + Integer.toHexString(body.length()) + "\r\n" + body
                    + "\r\n0\r\n\r\n"
                    + post("/rng", "", "{\"count\":32}")
                    + post(PATH, "Connection: close\r\n", sign(message(4))));
            assertSigned(message(0), socket.receive());
            assertEquals(404, socket.receive().status());
            assertSigned(message(1), socket.receive());
            assertEquals(100, socket.receive().status());
            assertSigned(message(2), socket.receive());
            assertSigned(message(3), socket.receive());
            assertEquals(
                    32,
                    Base64.getUrlDecoder()
                            .decode(new JsonObject(socket.receive().body()).getString("value"))
                            .length);
            assertSigned(message(4), socket.receive());
            assertTrue(socket.ended());
        }
    }

    @Test
    void areNeverGivenToAClientOfHttp10() throws IOException {
        try (TlsSocket socket = TlsSocket.open(hsm)) {
            socket.send(post(PATH, "", sign(MESSAGE)).replace("HTTP/1.1", "HTTP/1.0"));
            assertEquals(501, socket.receive().status());
        }
    }

    /** Each answer is some 11 KB: more are asked for than the system holds for a client that does not read. */
    @Test
    void comeInTheirOrderToAClientThatReadsLate() throws Exception {
        hsm.client().create("aes", new JsonObject().put("kty", "oct").put("key_size", 256));
        TlsSocket socket = TlsSocket.open(hsm);
        try {
            AtomicInteger begun = new AtomicInteger();
            AtomicBoolean enough = new AtomicBoolean();
            FutureTask<Void> sending = new FutureTask<>(() -> {
                while (!enough.get()) {
                    socket.send(post("/keys/aes/encrypt", "", encrypt(begun.getAndIncrement())));
                }
                return null;
            });
            Thread sender = Thread.ofPlatform().daemon().start(sending);
            int before = 0;
            for (int quiet = 0; quiet < STALLED && sender.isAlive(); quiet = begun.get() > before ? 0 : quiet + 1) {
                before = begun.get();
                sender.join(500);
            }
            assertFalse(sending.isDone(), "the HSM takes no request whose answer nobody reads");
            assertTrue(before * LONG > 1 << 20, () -> "it was held up after " + begun);
            enough.set(true);
            int read = 0;
            while (read < begun.get()) {
                assertEncrypted(read++, socket.receive());
            }
            sending.get();
            while (read < begun.get()) {
                assertEncrypted(read++, socket.receive());
            }
        } finally {
            socket.abort();
        }
    }

    private static void assertEncrypted(int number, TlsSocket.Http1Answer answer) {
        assertEquals(200, answer.status(), answer.body());
        byte[] ciphertext = Base64.getUrlDecoder().decode(new JsonObject(answer.body()).getString("value"));
        assertEquals(length(number), ciphertext.length);
    }

    /** One byte longer each time, a hundred times, so that answers can be told apart. */
    private static int length(int number) {
        return LONG + number % 100;
    }

    private static String encrypt(int number) {
        String plaintext = Base64.getUrlEncoder().withoutPadding().encodeToString(new byte[length(number)]);
        return "{\"alg\":\"A256GCM\",\"value\":\"" + plaintext + "\"}";
    }

    private static byte[] message(int number) {
        return ("message " + number).getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void waitForTheWindowThatTheClientOpens() throws IOException {
        try (FrameSocket socket = closedWindow()) {
            request(socket, 1);
            Frame head = socket.next(FrameSocket.HEADERS);
            assertEquals(0, head.flags() & FrameSocket.END_STREAM);
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            Frame data;
            do {
                assertNothingBeforePong(socket);
                socket.add(FrameSocket.WINDOW_UPDATE, 0, 1, number(50));
                socket.flush();
                data = socket.next(FrameSocket.DATA);
                assertTrue(data.payload().length <= 50);
                body.writeBytes(data.payload());
            } while ((data.flags() & FrameSocket.END_STREAM) == 0);
            assertSigned(MESSAGE, body.toString(StandardCharsets.UTF_8));
        }
    }

    @Test
    void leaveTheConnectionWhereOneClientHasGoneBeforeItsBodyCould() throws IOException {
        try (FrameSocket socket = closedWindow()) {
            Set<Integer> answered = new HashSet<>();
            for (int stream = 1; stream < 40; stream += 2) {
                request(socket, stream);
                answered.add(socket.next(FrameSocket.HEADERS).stream());
                socket.add(FrameSocket.RST_STREAM, 0, stream, number(8)); // CANCEL
                socket.flush();
            }
            assertEquals(20, answered.size());
            request(socket, 41);
            assertEquals(41, socket.next(FrameSocket.HEADERS).stream());
            socket.add(FrameSocket.WINDOW_UPDATE, 0, 41, number(4096));
            socket.flush();
            assertSigned(MESSAGE, new String(socket.next(FrameSocket.DATA).payload(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void comeToOthersOfAConnectionWhereClientsHaveGone() throws IOException {
        try (FrameSocket socket = FrameSocket.open(hsm)) {
            for (int stream = 1; stream < 40; stream += 2) {
                addRequest(socket, stream);
                socket.add(FrameSocket.RST_STREAM, 0, stream, number(8));
            }
            addRequest(socket, 41);
            socket.flush();
            Frame head;
            do {
                head = socket.next(FrameSocket.HEADERS); // of a few before the reset was read, maybe
            } while (head.stream() != 41);
            Frame data;
            do {
                data = socket.next(FrameSocket.DATA);
            } while (data.stream() != 41);
            assertSigned(MESSAGE, new String(data.payload(), StandardCharsets.UTF_8));
        }
    }

    /** RFC 9110 section 5.5: no field value has control characters, and codecs of HTTP/2 do not look. */
    @Test
    void giveNoIdBackThatIsNotPrintable() throws IOException {
        try (FrameSocket socket = FrameSocket.open(hsm)) {
            Map<String, String> wanted = Map.of(
                    "authorization", hsm.client().bearer(),
                    "x-ms-client-request-id", "a\r\nb",
                    "x-ms-return-client-request-id", "true");
            socket.addHead(1, 0, PATH + "?api-version=7.6", wanted);
            socket.add(
                    FrameSocket.DATA, FrameSocket.END_STREAM, 1, sign(MESSAGE).getBytes(StandardCharsets.UTF_8));
            socket.addHead(3, 0, "/keys/missing/sign?api-version=7.6", wanted);
            socket.add(
                    FrameSocket.DATA, FrameSocket.END_STREAM, 3, sign(MESSAGE).getBytes(StandardCharsets.UTF_8));
            socket.flush();
            Map<Integer, String> bodies = new TreeMap<>();
            while (bodies.size() < 2) {
                Frame frame = socket.next();
                if (frame.type() == FrameSocket.DATA) {
                    bodies.put(frame.stream(), new String(frame.payload(), StandardCharsets.UTF_8));
                } else if (frame.type() == FrameSocket.HEADERS) {
                    assertEquals(-1, new String(frame.payload(), StandardCharsets.ISO_8859_1).indexOf("a\r\nb"));
                }
            }
            assertSigned(MESSAGE, Objects.requireNonNull(bodies.get(1)));
            assertTrue(Objects.requireNonNull(bodies.get(3)).contains("KeyNotFound"), bodies.toString());
        }
    }

    /** A connection whose streams may be sent no byte of a body. */
    private static FrameSocket closedWindow() throws IOException {
        FrameSocket socket = FrameSocket.open(hsm);
        socket.add(
                FrameSocket.SETTINGS,
                0,
                0,
                ByteBuffer.allocate(6).putShort(INITIAL_WINDOW_SIZE).putInt(0).array());
        socket.flush();
        return socket;
    }

    private static void request(FrameSocket socket, int stream) throws IOException {
        addRequest(socket, stream);
        socket.flush();
    }

    private static void addRequest(FrameSocket socket, int stream) {
        socket.addHead(
                stream,
                0,
                PATH + "?api-version=7.6",
                Map.of("authorization", hsm.client().bearer()));
        socket.add(
                FrameSocket.DATA, FrameSocket.END_STREAM, stream, sign(MESSAGE).getBytes(StandardCharsets.UTF_8));
    }

    private static void assertNothingBeforePong(FrameSocket socket) throws IOException {
        socket.add(FrameSocket.PING, 0, 0, new byte[8]);
        socket.flush();
        assertEquals(FrameSocket.PING, socket.next().type());
    }

    private static byte[] number(int number) {
        return ByteBuffer.allocate(4).putInt(number).array();
    }
}
