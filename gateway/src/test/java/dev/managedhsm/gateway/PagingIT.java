// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Turning the pages while keys come and go, and over a restart: what stays is shown once and in order. The order is that
 * of names in lower case; of versions, that in which they were made.
 */
class PagingIT {
    private static final int KEYS = 30;
    private static final String KEY = "{\"kty\":\"oct\",\"key_size\":128}";

    @TempDir
    private static Path folder;

    private static RunningHsm hsm;
    private RawClient client;

    PagingIT() {
        client = hsm.client();
    }

    @BeforeAll
    static void startHsm() {
        hsm = RunningHsm.start(folder, 0);
    }

    @AfterAll
    static void endHsm() {
        RunningHsm.end(hsm);
    }

    @BeforeEach
    void makeTheKeysAndNoOthers() {
        all(names("/keys").stream()
                .map(name -> client.sendAsync(client.request("/keys/" + name).DELETE())));
        all(names("/deletedkeys").stream()
                .map(name ->
                        client.sendAsync(client.request("/deletedkeys/" + name).DELETE())));
        all(IntStream.range(0, KEYS)
                .mapToObj(i -> client.sendAsync(
                        client.posting("/keys/" + name(i) + "/create", BodyPublishers.ofString(KEY)))));
    }

    private List<String> names(String list) {
        return turn(list, 25, page -> {}).stream()
                .map(kid -> kid.substring(kid.lastIndexOf('/') + 1))
                .toList();
    }

    private static void all(Stream<CompletableFuture<Answer>> sent) {
        for (CompletableFuture<Answer> answer : sent.toList()) {
            answer.join().assertSuccessHeaders();
        }
    }

    /** Every other name begins with a capital letter, which makes no difference to the order. */
    private static String name(int i) {
        return (i % 2 == 0 ? "key-" : "KEY-") + "%03d".formatted(i);
    }

    private String kid(int i) {
        return hsm.url() + "/keys/" + name(i);
    }

    private List<String> kids(IntStream keys) {
        return keys.mapToObj(this::kid).toList();
    }

    /** Turns all pages of a list; between two pages something happens. */
    private List<String> turn(String path, int size, Consumer<Integer> between) {
        List<String> all = new ArrayList<>();
        String next = path + "?api-version=7.6&maxresults=" + size;
        for (int page = 0; next != null; page++) {
            JsonObject answer = client.get(next).ok();
            List<String> kids = kids(answer);
            assertTrue(kids.size() <= size, "no more than asked for");
            all.addAll(kids);
            next = following(answer);
            between.accept(page);
        }
        return all;
    }

    private static List<String> kids(JsonObject page) {
        return page.getJsonArray("value").stream()
                .map(item -> ((JsonObject) item).getString("kid"))
                .toList();
    }

    private @Nullable String following(JsonObject page) {
        String link = page.getString("nextLink");
        return link == null ? null : link.substring(hsm.url().length());
    }

    private void delete(int i) {
        client.delete("/keys/" + name(i)).ok();
    }

    private void purge(int i) {
        assertEquals(204, client.delete("/deletedkeys/" + name(i)).status());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 24, 25})
    void showsEveryKeyOnceAndInOrder(int size) {
        assertEquals(kids(IntStream.range(0, KEYS)), turn("/keys", size, page -> {}));
    }

    @Test
    void showsTwentyFiveWhereNothingElseIsAskedFor() {
        assertEquals(25, kids(client.get("/keys").ok()).size());
    }

    @Test
    void showsWhatStaysWhileOthersComeAndGo() {
        // The page that ends with key 4 is followed by the end of key 4 itself, the next one by newcomers on both
        // sides.
        List<String> all = turn("/keys", 5, page -> {
            switch (page) {
                case 0 -> {
                    delete(4);
                    purge(4);
                    delete(0);
                }
                case 1 -> {
                    client.create("key-000-before", new JsonObject(KEY));
                    client.create("key-020-behind", new JsonObject(KEY));
                }
                case 2 -> delete(25);
                case 3 ->
                    client.post("/deletedkeys/" + name(25) + "/recover", "").ok();
                default -> {}
            }
        });

        List<String> wanted = new ArrayList<>(kids(IntStream.range(0, KEYS)));
        wanted.add(21, hsm.url() + "/keys/key-020-behind");
        assertEquals(wanted, all);
    }

    @Test
    void goesOnAfterARestart() {
        List<String> all = turn("/keys", 7, page -> {
            if (page == 1) {
                int port = hsm.port();
                hsm.close();
                hsm = RunningHsm.start(folder, port);
                client = hsm.client();
            }
        });

        assertEquals(kids(IntStream.range(0, KEYS)), all);
    }

    @Test
    void turnsThePagesOfDeletedKeys() {
        IntStream.range(0, 12).forEach(this::delete);

        List<String> all = turn("/deletedkeys", 3, page -> {
            switch (page) {
                case 0 -> purge(2);
                case 1 -> delete(20);
                case 2 ->
                    client.post("/deletedkeys/" + name(3) + "/recover", "").ok();
                default -> {}
            }
        });

        List<String> wanted = new ArrayList<>(kids(IntStream.range(0, 12)));
        wanted.add(kid(20));
        assertEquals(wanted, all);
    }

    @Test
    void turnsThePagesOfVersionsWhileTheyBecomeMore() {
        List<String> made = new ArrayList<>();
        made.add(kids(client.get("/keys/key-000/versions").ok()).getFirst());
        for (int i = 0; i < 9; i++) {
            made.add(version("key-000"));
        }

        assertEquals(made, turn("/keys/key-000/versions", 4, page -> {
            if (page == 1) {
                made.add(version("key-000"));
            }
        }));
    }

    private String version(String name) {
        return client.create(name, new JsonObject(KEY)).getJsonObject("key").getString("kid");
    }

    @Test
    void endsTheVersionsOfAKeyThatIsGone() {
        IntStream.range(0, 4).forEach(i -> version("key-000"));
        String link = following(client.get("/keys/key-000/versions?api-version=7.6&maxresults=2")
                .ok());
        assertNotNull(link);
        delete(0);
        assertEquals("{\"value\":[]}", client.get(link).body());
        purge(0);
        assertEquals("{\"value\":[]}", client.get(link).body());

        version("key-000");

        assertEquals("{\"value\":[]}", client.get(link).body(), "another key of the same name");
    }

    @Test
    void refusesATokenThatItDidNotMakeForThisList() {
        IntStream.range(1, 3).forEach(this::delete);
        IntStream.range(0, 3).forEach(i -> version("key-000"));
        IntStream.range(0, 3).forEach(i -> version("key-010"));
        List<String> lists = List.of("/keys", "/deletedkeys", "/keys/key-000/versions", "/keys/key-010/versions");
        List<String> tokens = lists.stream().map(this::token).toList();
        assertEquals(lists.size(), new HashSet<>(tokens).size());
        for (String list : lists) {
            for (String token : tokens) {
                String path = list + "?api-version=7.6&$skiptoken=" + token;
                if (tokens.indexOf(token) == lists.indexOf(list)) {
                    client.get(path).ok();
                } else {
                    client.get(path).refused(400, "BadParameter");
                }
            }
        }
        byte[] bytes = Base64.getUrlDecoder().decode(tokens.getFirst());
        for (int i = 0; i < bytes.length; i++) {
            byte[] spoilt = bytes.clone();
            spoilt[i] ^= 1;
            refused(Base64.getUrlEncoder().withoutPadding().encodeToString(spoilt));
        }
        for (String other : List.of("", "AA", "AAAAAA", "a2V5LTAwMA", "*", "eyJOZXh0TWFya2VyIjoiIn0")) {
            refused(other);
        }
        assertFalse(tokens.getFirst().contains("key-"), "opaque");
    }

    private void refused(String token) {
        client.get("/keys?api-version=7.6&$skiptoken=" + token).refused(400, "BadParameter");
    }

    private String token(String list) {
        String link = String.valueOf(
                following(client.get(list + "?api-version=7.6&maxresults=1").ok()));
        int start = link.indexOf("$skiptoken=") + "$skiptoken=".length();
        return link.substring(start, link.indexOf('&', start));
    }
}
