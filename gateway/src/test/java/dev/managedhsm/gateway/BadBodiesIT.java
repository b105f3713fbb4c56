// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every operation that takes a body, with a body that is right and then spoilt in every way: each is refused in the API's
 * shape, and nothing is made or changed.
 */
class BadBodiesIT {
    private static final String BYTES_16 = "AAAAAAAAAAAAAAAAAAAAAA";
    private static final String BYTES_32 = "A".repeat(43);

    private static RunningHsm hsm;
    private static RawClient client;

    /**
     * An operation and a body that it takes.
     *
     * @param name operation
     * @param method HTTP method
     * @param path of a key that is there, or is not and must not come to be
     * @param body what it takes
     * @param required members that it cannot do without
     */
    record Asking(String name, String method, String path, JsonObject body, List<String> required) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static List<Asking> askings() {
        return List.of(
                new Asking("create", "POST", "/keys/new/create", json("{'kty':'EC','crv':'P-256'}"), List.of("kty")),
                new Asking(
                        "create a version",
                        "POST",
                        "/keys/versioned/create",
                        json(
                                "{'kty':'oct','key_size':128,'key_ops':['sign'],'tags':{'a':'b'},'attributes':{'exp':4102444800}}"),
                        List.of("kty")),
                crypto("sign", "HS256", BYTES_32, ""),
                crypto("verify", "HS256", BYTES_32, ",'digest':'" + BYTES_32 + "'"),
                crypto("encrypt", "A256CBC", BYTES_16, ",'iv':'" + BYTES_16 + "'"),
                crypto("decrypt", "A256CBC", BYTES_16, ",'iv':'" + BYTES_16 + "'"),
                crypto("wrapkey", "A256KW", BYTES_16, ""),
                crypto("unwrapkey", "A256KW", BYTES_32.substring(11), ""));
    }

    private static Asking crypto(String operation, String algorithm, String value, String more) {
        JsonObject body = json("{'alg':'" + algorithm + "','value':'" + value + "'" + more + "}");
        return new Asking(operation, "POST", "/keys/oct/" + operation, body, List.copyOf(body.fieldNames()));
    }

    private static JsonObject json(String text) {
        return new JsonObject(text.replace('\'', '"'));
    }

    @BeforeAll
    static void startHsm() {
        hsm = RunningHsm.start();
        client = hsm.client();
        client.create("oct", json("{'kty':'oct'}"));
        client.create("versioned", json("{'kty':'EC'}"));
    }

    @AfterAll
    static void endHsm() {
        RunningHsm.end(hsm);
    }

    private static Answer send(Asking asking, byte[] body, String contentType) {
        HttpRequest.Builder request =
                client.request(asking.path()).method(asking.method(), BodyPublishers.ofByteArray(body));
        return client.send(contentType.isEmpty() ? request : request.header("content-type", contentType));
    }

    /** Everything that is shown of all keys. */
    private static String shown() {
        return client.get("/keys").body()
                + client.get("/deletedkeys").body()
                + client.get("/keys/oct/versions").body()
                + client.get("/keys/versioned/versions").body();
    }

    private static void assertRefused(Asking asking, String what, byte[] body) {
        Answer answer = send(asking, body, "application/json");
        int status = answer.status();
        assertTrue(status == 400 || status == 413, asking + ", " + what + ": " + status + " " + answer.body());
        answer.refused(status, status == 400 ? "BadParameter" : "RequestBodyTooLarge");
    }

    @ParameterizedTest
    @MethodSource("askings")
    void refusesEverySpoiltBody(Asking asking) {
        String before = shown();

        spoilt(asking.body().encode()).forEach((what, body) -> assertRefused(asking, what, body));
        for (String member : asking.required()) {
            JsonObject without = asking.body().copy();
            without.remove(member);
            assertRefused(asking, "without " + member, bytes(without));
            assertRefused(asking, member + " null", bytes(without.copy().putNull(member)));
        }
        for (String member : asking.body().fieldNames()) {
            for (Object wrong : wrong(asking.body().getValue(member))) {
                assertRefused(
                        asking,
                        member + " as " + wrong,
                        bytes(asking.body().copy().put(member, wrong)));
            }
        }

        assertEquals(before, shown(), "nothing was made");
    }

    /** Values of other types than this one, which no member of this type can have. */
    private static List<Object> wrong(Object right) {
        List<Object> wrong = new ArrayList<>(List.of(
                1.5,
                -1,
                Long.MAX_VALUE,
                Double.MAX_VALUE,
                true,
                "\u0000",
                JsonArray.of(1),
                JsonArray.of(JsonArray.of())));
        if (!(right instanceof JsonObject)) {
            wrong.add(new JsonObject().put("a", "b"));
        }
        return wrong;
    }

    private static byte[] bytes(JsonObject json) {
        return json.encode().getBytes(UTF_8);
    }

    private static Map<String, byte[]> spoilt(String right) {
        String inside = right.substring(1, right.length() - 1);
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put("nothing", "");
        texts.put("a word", "word");
        texts.put("null", "null");
        texts.put("a number", "1");
        texts.put("a text", "\"text\"");
        texts.put("a list", "[" + right + "]");
        texts.put("another format", "<key/>");
        texts.put("a form", "kty=EC&alg=HS256");
        texts.put("cut off", right.substring(0, right.length() - 1));
        texts.put("cut in the middle", right.substring(0, right.length() / 2));
        texts.put("two objects", right + right);
        texts.put("a comma too many", "{" + inside + ",}");
        texts.put("other quotes", right.replace('"', '\''));
        texts.put("a comment", "{/* */" + inside + "}");
        texts.put("every member twice", "{" + inside + "," + inside + "}");
        texts.put("deep nesting", "{" + inside + ",\"x\":" + "[".repeat(5_000) + "]".repeat(5_000) + "}");
        texts.put("deep nesting without end", "{" + inside + ",\"x\":" + "{\"x\":".repeat(5_000));
        texts.put("a number without end", "{" + inside + ",\"x\":-}");
        texts.put("a number of no form", "{" + inside + ",\"x\":1.e}");
        texts.put("a number with leading zeros", "{" + inside + ",\"x\":007}");
        texts.put("not a number", "{" + inside + ",\"x\":NaN}");
        texts.put("an escape of no form", "{" + inside + ",\"x\":\"\\q\"}");
        texts.put("half an escape", "{" + inside + ",\"x\":\"\\u00\"}");
        texts.put("a control character", "{" + inside + ",\"x\":\"\u0001\"}");
        texts.put("a text without end", "{" + inside + ",\"x\":\"");
        texts.put("UTF-8 that is none", "{" + inside + ",\"x\":\"\u00ff\"}");
        texts.put("UTF-8 cut off", "{" + inside + ",\"x\":\"\u00e2\u0082\"}");
        texts.put("UTF-8 longer than it need be", "{" + inside + ",\"x\":\"\u00c0\u00af\"}");
        texts.put("half a surrogate", "{" + inside + ",\"x\":\"\u00ed\u00a0\u0080\"}");
        texts.put("too large", "{" + inside + ",\"x\":\"" + "x".repeat(70_000) + "\"}");
        Map<String, byte[]> all = new LinkedHashMap<>();
        texts.forEach((what, text) -> all.put(what, text.getBytes(ISO_8859_1)));
        all.put("UTF-16", right.getBytes(java.nio.charset.StandardCharsets.UTF_16));
        all.put("zero bytes", new byte[100]);
        return all;
    }

    @ParameterizedTest
    @MethodSource("askings")
    void refusesABodyThatIsSaidToBeSomethingElse(Asking asking) {
        String before = shown();
        for (String type : List.of(
                "text/plain",
                "application/x-www-form-urlencoded",
                "application/jsonx",
                "application/xml",
                "json",
                "multipart/form-data; boundary=x")) {
            send(asking, bytes(asking.body()), type).refused(415, "UnsupportedMediaType");
        }
        assertEquals(before, shown(), "nothing was made");
    }

    @ParameterizedTest
    @MethodSource("askings")
    void takesTheBodyAsItIs(Asking asking) {
        for (String type :
                List.of("", "application/json", "Application/JSON; charset=utf-8", "application/json ;x=y")) {
            Answer answer = send(asking, bytes(asking.body()), type);
            if (asking.name().equals("unwrapkey")) {
                answer.refused(400, "BadParameter"); // nobody wrapped these zeros: read, and then not opened
            } else {
                answer.ok();
            }
        }
        if (asking.path().contains("/new/")) {
            client.delete("/keys/new").ok();
            assertEquals(204, client.delete("/deletedkeys/new").status());
        }
    }
}
