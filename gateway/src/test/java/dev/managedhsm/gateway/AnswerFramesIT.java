// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.FrameSocket;
import dev.managedhsm.gateway.fixture.FrameSocket.Frame;
import dev.managedhsm.gateway.fixture.PublicKeys;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
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
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Answers to key operations over HTTP/2, which are written as frames. */
class AnswerFramesIT {
    private static final byte[] MESSAGE = "message".getBytes(StandardCharsets.UTF_8);
    private static final String PATH = "/keys/ec/sign";

    /** Headers whose values no two answers share. */
    private static final Set<String> OWN =
            Set.of("x-ms-request-id", "x-ms-server-latency", "server-timing", "x-hsm-audit-receipt");

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

    private static String sign() {
        String digest = Base64.getUrlEncoder().withoutPadding().encodeToString(PublicKeys.digest("ES256", MESSAGE));
        return "{\"alg\":\"ES256\",\"value\":\"" + digest + "\"}";
    }

    private static void assertSigned(String answer) {
        byte[] signature = Base64.getUrlDecoder().decode(new JsonObject(answer).getString("value"));
        assertTrue(PublicKeys.verified(key, "ES256", MESSAGE, signature), answer);
    }

    @Test
    void haveTheHeadersThatTheyHaveOverHttp1() {
        Answer http1 = signed(hsm.client(HttpClient.Version.HTTP_1_1));
        Answer http2 = signed(hsm.client(HttpClient.Version.HTTP_2));
        assertEquals(HttpClient.Version.HTTP_1_1, http1.response().version());
        assertEquals(HttpClient.Version.HTTP_2, http2.response().version());
        assertEquals(headers(http1), headers(http2));
        assertEquals("mine", http2.header("x-ms-client-request-id"));
        assertEquals(Integer.toString(http2.body().length()), http2.header("content-length"));
        for (String own : OWN) {
            assertTrue(http1.has(own) && http2.has(own), own);
        }
    }

    private static Answer signed(RawClient client) {
        HttpRequest.Builder request = client.posting(PATH, HttpRequest.BodyPublishers.ofString(sign()))
                .header("x-ms-client-request-id", "mine")
                .header("x-ms-return-client-request-id", "true")
                .header("x-hsm-server-timing", "1")
                .header("x-hsm-audit-receipt", "1");
        Answer answer = client.send(request);
        assertSigned(answer.ok().encode());
        return answer;
    }

    /** All that two answers share, the same values in the same number. */
    private static Map<String, List<String>> headers(Answer answer) {
        Map<String, List<String>> headers =
                new TreeMap<>(answer.response().headers().map());
        headers.keySet().removeAll(OWN);
        headers.remove(":status");
        return headers;
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
            assertSigned(body.toString(StandardCharsets.UTF_8));
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
            assertSigned(new String(socket.next(FrameSocket.DATA).payload(), StandardCharsets.UTF_8));
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
            assertSigned(new String(data.payload(), StandardCharsets.UTF_8));
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
            socket.add(FrameSocket.DATA, FrameSocket.END_STREAM, 1, sign().getBytes(StandardCharsets.UTF_8));
            socket.addHead(3, 0, "/keys/missing/sign?api-version=7.6", wanted);
            socket.add(FrameSocket.DATA, FrameSocket.END_STREAM, 3, sign().getBytes(StandardCharsets.UTF_8));
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
            assertSigned(Objects.requireNonNull(bodies.get(1)));
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
        socket.add(FrameSocket.DATA, FrameSocket.END_STREAM, stream, sign().getBytes(StandardCharsets.UTF_8));
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
