// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.dashboard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.BrowserPage;
import dev.managedhsm.gateway.fixture.Chromium;
import dev.managedhsm.gateway.fixture.HsmProcess;
import dev.managedhsm.gateway.fixture.RawClient;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An HSM whose process is stopped for 50 ms, as its dashboard shows it in a real browser. */
@Tag("slow")
class DashboardPauseIT {
    private static final long PAUSE_MILLIS = 50;
    private static final long SECONDS_MAX = 60;

    /** Somebody else may have the cores at the same time, and then the pause is called by that name. */
    private static final int ATTEMPTS_MAX = 10;

    private static final int KNOWN_MIN = 2_200;
    private static final String COUNT = "Number(document.querySelector('#percentiles td[data-count]')?.dataset.count)";

    private static final String SIGN = "{\"alg\":\"RS256\",\"value\":\""
            + Base64.getUrlEncoder().withoutPadding().encodeToString(new byte[32]) + "\"}";

    /** The row of an operation that the pause made slow, and that says so. */
    private static final String STRUCK = """
            [...document.querySelectorAll("#slow tr[data-request-row]")].find((row) =>
                Number(row.querySelector("[data-ns]").dataset.ns) >= 45e6 && row.innerText.includes("■ stall"))""";

    /** The mark of the pause above the picture. */
    private static final String MARK = """
            [...document.querySelectorAll("#heat svg path.pause.stall")].find((mark) =>
                Number(mark.dataset.ms) >= 45 && mark.querySelector("title").textContent.includes("the whole process stood still"))""";

    /** Whether the picture is painted where 40 to 100 ms are; the axis says where that is. */
    private static final String PAINTED = """
            (() => {
                const tick = (text) => Number([...document.querySelectorAll("#heat svg text.tick")].find((one) => one.textContent === text).getAttribute("y")) - 4;
                const [ten, hundred] = [tick("10 ms"), tick("100 ms")];
                const low = ten + (hundred - ten) * Math.log10(4);
                const canvas = document.querySelector("#heat canvas");
                const from = Math.round(hundred);
                const pixels = canvas.getContext("2d").getImageData(58, from, canvas.width - 102, Math.round(low) - from).data;
                return pixels.some((value, i) => i % 4 === 3 && value > 0);
            })()""";

    @TempDir
    private Path folder;

    @Test
    void showsAPauseAndSaysOfAnOperationThatItWasThePause() throws Exception {
        try (HsmProcess process = HsmProcess.start(folder);
                Chromium chromium = Chromium.start(process.hsm())) {
            RawClient client = process.hsm().client();
            client.create("busy", new JsonObject().put("kty", "RSA-HSM").put("key_size", 2048));
            try (OneByOne load = new OneByOne(client)) {
                BrowserPage page = chromium.page();
                signIn(page, process);
                page.await(COUNT + " > " + KNOWN_MIN, SECONDS_MAX); // what is slow is known by those before
                for (int i = 0; i < ATTEMPTS_MAX && !shown(page); i++) {
                    process.stop(PAUSE_MILLIS);
                    awaitNextSeconds(page);
                }
                page.press("f");
                page.picture(Path.of("target", "dashboard", "pause.png"));
                assertTrue(shown(page), () -> page.text("document.body.innerText"));
                assertEquals(true, page.value(PAINTED), "the cell of its latency");
                assertTrue(page.text("document.querySelector('#verdict').textContent")
                        .contains("into a stall"));
                explains(page);
                assertTrue(load.done() > 0);
            }
        }
    }

    private static void signIn(BrowserPage page, HsmProcess process) throws InterruptedException {
        page.go(process.hsm().url() + "/dashboard");
        page.await("document.querySelector('#sign-in')?.hidden === false", SECONDS_MAX);
        page.value("document.querySelector('#token').focus()");
        page.paste(process.hsm().token().text());
        page.press("Enter");
        page.await("document.querySelector('#board')?.hidden === false", SECONDS_MAX);
    }

    private static boolean shown(BrowserPage page) {
        return Boolean.TRUE.equals(page.value("Boolean(" + STRUCK + " && " + MARK + ")"));
    }

    private static void awaitNextSeconds(BrowserPage page) throws InterruptedException {
        String seconds = "Number(document.querySelector('#heat').getAttribute('aria-valuemin'))";
        double before = page.number(seconds);
        page.await(seconds + " <= " + (before - 2), SECONDS_MAX);
    }

    /** What is opened by its row: stages that are all of it, and the pause by name. */
    private static void explains(BrowserPage page) throws IOException, InterruptedException {
        page.value(STRUCK + ".querySelector('button').click()");
        page.await("document.querySelector('#slow .detail')", SECONDS_MAX);
        page.picture(Path.of("target", "dashboard", "pause-explained.png"));
        double total = nanos(page.text(STRUCK + ".querySelector('[data-ns]').textContent"));
        JsonArray texts =
                page.list("[...document.querySelectorAll('#slow .detail .stages dd')].map((one) => one.textContent)");
        double stages = texts.stream().mapToDouble(text -> nanos((String) text)).sum();
        assertEquals(total, stages, 0.01 * total, "the stages are all of it: " + texts);
        double longest =
                texts.stream().mapToDouble(text -> nanos((String) text)).max().orElse(0);
        assertTrue(longest >= 40e6, "one stage has the pause: " + texts);
        String detail = page.text("document.querySelector('#slow .detail').innerText");
        for (String part : List.of("■ stall", "the whole process stood still", "request", "RS256")) {
            assertTrue(detail.contains(part), part + " in " + detail);
        }
    }

    private static double nanos(String text) {
        String[] parts = text.split(" ", -1);
        double unit = switch (parts[1]) {
            case "ns" -> 1;
            case "µs" -> 1e3;
            case "ms" -> 1e6;
            default -> 1e9;
        };
        return Double.parseDouble(parts[0]) * unit;
    }

    /** Signs, one after the other on each of a few threads, so that some are always on their way. */
    private static final class OneByOne implements AutoCloseable {
        private static final int THREADS = 3;

        private final List<Thread> threads = new ArrayList<>();
        private final AtomicInteger done = new AtomicInteger();
        private volatile boolean ended;

        OneByOne(RawClient client) {
            for (int i = 0; i < THREADS; i++) {
                threads.add(Thread.ofPlatform().daemon().name("one-by-one").start(() -> {
                    while (!ended) {
                        client.post("/keys/busy/sign", SIGN).ok();
                        done.incrementAndGet();
                    }
                }));
            }
        }

        int done() {
            return done.get();
        }

        @Override
        public void close() {
            ended = true;
            try {
                for (Thread thread : threads) {
                    thread.join();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
