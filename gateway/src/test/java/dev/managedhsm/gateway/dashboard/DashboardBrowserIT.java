// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.dashboard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.BrowserPage;
import dev.managedhsm.gateway.fixture.Chromium;
import dev.managedhsm.gateway.fixture.EventStream;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The dashboard in a real browser: as an operator uses it, and what the browser is not let do. */
@Tag("slow")
class DashboardBrowserIT {
    private static final Path PICTURES = Path.of("target", "dashboard");
    private static final long SECONDS_MAX = 60;

    /** Contrast of text and its ground, WCAG 2.2 success criterion 1.4.3: all texts whose ratio is below 4.5. */
    private static final String POOR_CONTRASTS = """
            (() => {
                const channel = (value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
                const colour = (text) => text.match(/[0-9.]+/g).map(Number);
                const luminance = ([r, g, b]) =>
                    0.2126 * channel(r / 255) + 0.7152 * channel(g / 255) + 0.0722 * channel(b / 255);
                const ground = (node) => {
                    for (let at = node; at instanceof Element; at = at.parentElement) {
                        const found = colour(getComputedStyle(at).backgroundColor);
                        if (found.length === 3 || found[3] === 1) {
                            return found;
                        }
                    }
                    return [255, 255, 255];
                };
                const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
                const poor = [];
                let seen = 0;
                while (texts.nextNode()) {
                    const node = texts.currentNode.parentElement;
                    if (!texts.currentNode.data.trim() || /TITLE|SCRIPT|OPTION|NOSCRIPT/i.test(node.tagName) || !node.checkVisibility()) {
                        continue;
                    }
                    const style = getComputedStyle(node);
                    const [a, b] = [luminance(colour(node.closest("svg") ? style.fill : style.color)), luminance(ground(node))];
                    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
                    seen++;
                    if (ratio < 4.5) {
                        poor.push(`${texts.currentNode.data.trim()}: ${ratio.toFixed(2)}`);
                    }
                }
                return seen < 5 ? ["only " + seen + " texts are to be seen"] : poor;
            })()""";

    private static RunningHsm hsm;
    private static RawClient client;
    private static SteadyLoad load;
    private static Chromium chromium;
    private BrowserPage page;

    @BeforeAll
    static void start() throws Exception {
        hsm = RunningHsm.start();
        client = hsm.client();
        client.create("payments", new JsonObject().put("kty", "EC"));
        client.create(
                "documents",
                new JsonObject()
                        .put("kty", "oct")
                        .put("attributes", new JsonObject().put("exp", System.currentTimeMillis() / 1000 + 1_000_000)));
        load = SteadyLoad.start(client, "payments", 100);
        chromium = Chromium.start(hsm);
    }

    @AfterAll
    static void stop() throws Exception {
        try {
            load.close();
            assertTrue(load.sent() > 0);
        } finally {
            chromium.close();
            RunningHsm.end(hsm);
        }
    }

    @BeforeEach
    void openPage() throws Exception {
        page = chromium.page();
        page.prefer("prefers-color-scheme", "dark");
        page.go(hsm.url() + "/dashboard");
        page.await("document.querySelector('#sign-in')?.hidden === false", SECONDS_MAX);
    }

    @AfterEach
    void nothingWentElsewhereAndThePolicyWasKept() {
        for (String url : page.requested()) {
            assertTrue(url.startsWith(hsm.url() + "/dashboard") || url.startsWith("data:"), url);
            assertFalse(url.contains("eyJ"), "a token in an address");
        }
        List<String> unexpected = page.complaints().stream()
                .filter(text -> !text.contains("status of 401") && !text.contains("status of 403"))
                .toList();
        assertEquals(List.of(), unexpected);
        assertEquals(
                "[]",
                page.text(
                        "JSON.stringify([...Object.keys(localStorage), ...Object.keys(sessionStorage), document.cookie].filter(Boolean))"));
        page.go("about:blank");
    }

    private void signIn(String token) {
        page.value("document.querySelector('#token').focus()");
        page.paste(token);
        page.press("Enter");
    }

    private void signInAndSee(int seconds) throws InterruptedException {
        signIn(hsm.token().text());
        page.await("document.querySelector('#board')?.hidden === false", SECONDS_MAX);
        page.await("Number(document.querySelector('#percentiles td[data-count]')?.dataset.count) > 0", SECONDS_MAX);
        awaitSeconds(seconds);
    }

    /** Waits until the picture has so many seconds. */
    private void awaitSeconds(int seconds) throws InterruptedException {
        page.await(
                "Number(document.querySelector('#heat').getAttribute('aria-valuemin')) <= " + (1 - seconds),
                SECONDS_MAX);
    }

    @Test
    void refusesATokenThatIsNotGood() throws Exception {
        page.picture(PICTURES.resolve("sign-in.png"));
        signIn(hsm.token().claim("exp", 1_000_000).text());
        page.await("document.querySelector('#sign-in-error').textContent.includes('not accepted')", SECONDS_MAX);
        assertEquals(true, page.value("document.querySelector('#board').hidden"));
        assertEquals("", page.text("document.querySelector('#token').value"), "the field forgets it");
    }

    @Test
    void refusesSomebodyWhoMayNotLookAndSaysWhatIsMissing() throws Exception {
        String user = hsm.value("CRYPTO_USER_OBJECT_ID");
        signIn(hsm.token().claim("oid", user).claim("sub", user).text());
        page.await(
                "document.querySelector('#sign-in-error').textContent.includes('security/read/action')", SECONDS_MAX);
    }

    @Test
    void refusesWhatIsNoTokenWithoutAskingTheHsm() throws Exception {
        signIn("not a token");
        page.await("document.querySelector('#sign-in-error').textContent.includes('no access token')", SECONDS_MAX);
        assertTrue(page.requested().stream().noneMatch(url -> url.contains("stream?")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"dark", "light"})
    void isReadableInTheDarkAndInTheLight(String scheme) throws Exception {
        page.prefer("prefers-color-scheme", scheme);
        assertEquals(new JsonArray(), page.list(POOR_CONTRASTS), "signing in");
        signInAndSee(6);
        page.value("document.querySelector('#slow button')?.click()");
        page.picture(PICTURES.resolve("board-" + scheme + ".png"));
        assertEquals(new JsonArray(), page.list(POOR_CONTRASTS), "the board");
        assertTrue(page.number("document.documentElement.scrollWidth") <= 1366, "nothing is cut off at the side");
    }

    @Test
    void showsWhatTheHsmDoes() throws Exception {
        signInAndSee(5);
        page.await("document.querySelector('#top-keys').innerText.includes('payments')", SECONDS_MAX);
        page.await(
                "document.querySelector('#top-principals').innerText.includes('" + hsm.administratorId() + "')",
                SECONDS_MAX);
        page.await("document.querySelector('#calendar').innerText.includes('documents expires in')", SECONDS_MAX);
        page.await("document.querySelector('#lanes').innerText.includes('slow')", SECONDS_MAX);
        page.await("document.querySelectorAll('#health tr[data-check]').length > 10", SECONDS_MAX);
        assertEquals(checks(), page.list("""
                [...document.querySelectorAll("#health tr[data-check]")].map((row) => row.dataset.check).sort()"""));
        client.send(
                client.bare("/keys").setHeader("authorization", "Bearer none").GET());
        page.await("document.querySelector('#refusals').innerText.includes('malformed')", SECONDS_MAX);
        page.await("document.querySelector('#answers').innerText.includes('401')", SECONDS_MAX);
        assertTrue(page.text("document.querySelector('#condition').textContent").contains("operational"));
        assertTrue(page.text("document.querySelector('#verdict').textContent").contains("p99.9 is"));
    }

    /** The names of all that {@code /health} tells, sorted. */
    private static JsonArray checks() {
        JsonArray names = new JsonArray();
        client.get("/health").ok().getJsonArray("checks").stream()
                .map(check -> ((JsonObject) check).getString("name"))
                .sorted()
                .forEach(names::add);
        return names;
    }

    @Test
    void canBeUsedWithTheKeyboardAlone() throws Exception {
        page.paste(hsm.token().text()); // the field has the focus
        page.press("Tab");
        assertEquals("Sign in", page.text("document.activeElement.textContent"));
        page.press("Enter");
        page.await("document.querySelector('#board')?.hidden === false", SECONDS_MAX);
        page.await("document.activeElement.id === 'heat'", SECONDS_MAX);
        page.await("Number(document.querySelector('#percentiles td[data-count]')?.dataset.count) > 0", SECONDS_MAX);
        awaitSeconds(3);
        page.press("End");
        page.press("ArrowLeft");
        assertTrue(page.text("document.querySelector('#heat').getAttribute('aria-valuetext')")
                .contains("p99.9"));
        page.press("Enter");
        page.await("document.querySelector('#slow-title').textContent.includes('in the second before')", SECONDS_MAX);
        page.press("Escape");
        page.await("document.querySelector('#slow-title').textContent === 'Operations above p99.9'", SECONDS_MAX);
        page.press("f");
        page.await("document.querySelector('#link').textContent.includes('frozen')", SECONDS_MAX);
        String frozen = page.text("document.querySelector('#heat svg').innerHTML");
        try (EventStream others = EventStream.open(hsm, hsm.token().text())) {
            for (int i = 0; i < 3; i++) {
                others.next("second"); // the page is told the same
            }
        }
        assertEquals(frozen, page.text("document.querySelector('#heat svg').innerHTML"));
        page.press("f");
        page.await("document.querySelector('#link').textContent.includes('live')", SECONDS_MAX);
        assertEquals(new JsonArray(), page.list("""
                [...document.querySelectorAll("button, select, input, [tabindex]")].filter((node) => node.checkVisibility())
                    .filter((node) => { node.focus({ focusVisible: true }); return document.activeElement !== node || getComputedStyle(node).outlineStyle === "none"; })
                    .map((node) => node.outerHTML)"""), "everything can be reached, and is seen to be");
    }

    @Test
    void explainsASlowOperationThatIsChosen() throws Exception {
        signInAndSee(3);
        page.await("document.querySelector('#slow button')", SECONDS_MAX);
        page.press("f");
        page.value("document.querySelector('#slow button').focus()");
        page.press("Enter");
        page.await("document.querySelector('#slow .detail')", SECONDS_MAX);
        String detail = page.text("document.querySelector('#slow .detail').innerText");
        for (String part : List.of("QUEUE", "EXECUTE", "request", "key version", "principal", "ended")) {
            assertTrue(detail.contains(part), part + " in " + detail);
        }
    }

    @Test
    void forgetsTheTokenWhenSigningOut() throws Exception {
        signInAndSee(1);
        page.value("document.querySelector('#sign-out').click()");
        page.await("document.querySelector('#sign-in').hidden === false", SECONDS_MAX);
        page.go(hsm.url() + "/dashboard");
        page.await("document.querySelector('#sign-in')?.hidden === false", SECONDS_MAX);
        assertEquals(true, page.value("document.querySelector('#board').hidden"));
    }

    @Test
    void fitsANarrowWindow() throws Exception {
        page.size(800, 1000);
        signInAndSee(2);
        page.picture(PICTURES.resolve("board-narrow.png"));
        assertTrue(page.number("document.documentElement.scrollWidth") <= 800);
    }
}
