// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The dashboard of an HSM, open in a real browser, and what somebody reads there: texts, not what lies behind them. One
 * thread at a time.
 */
final class OpenDashboard implements AutoCloseable {
    private static final double SECONDS_MAX = 60;

    /** Rows of the table of percentiles with their texts: p50, p90, p99, p99.9, p99.99, longest, count. */
    private static final String ROWS = """
            [...document.querySelectorAll("#percentiles tbody tr[data-series]")].map((row) =>
                [row.dataset.series, ...[...row.querySelectorAll("td")].map((cell) => cell.textContent)])""";

    /** The figures at the top with their texts. */
    private static final String FIGURES = """
            Object.fromEntries([...document.querySelectorAll("#figures [data-figure]")].map((figure) =>
                [figure.dataset.figure, figure.textContent]))""";

    private static final String COUNT =
            "Number(document.querySelector('#percentiles tr[data-series=TOTAL] td[data-count]')?.dataset.count ?? 0)";

    private final Browser browser;

    private OpenDashboard(Browser browser) {
        this.browser = browser;
    }

    /**
     * What a row of the table says.
     *
     * @param p50 nanoseconds
     * @param p99 nanoseconds
     * @param p999 nanoseconds
     * @param count of operations
     */
    record Row(double p50, double p99, double p999, long count) {}

    /** Opens it and signs in; looks at the last minute. */
    static OpenDashboard of(LiveHsm hsm, String token)
            throws IOException, InterruptedException, GeneralSecurityException {
        OpenDashboard dashboard = new OpenDashboard(Browser.start(hsm.pin()));
        try {
            dashboard.signIn(hsm, token);
            return dashboard;
        } catch (IOException | RuntimeException e) {
            dashboard.close();
            throw e;
        }
    }

    private void signIn(LiveHsm hsm, String token) throws IOException, InterruptedException {
        browser.go(hsm.url().resolve("/dashboard"));
        browser.await("document.querySelector('#sign-in')?.hidden === false", SECONDS_MAX);
        var _ = browser.value("document.querySelector('#token').focus()");
        browser.paste(token);
        browser.enter();
        browser.await("document.querySelector('#board')?.hidden === false", SECONDS_MAX);
        browser.await("document.querySelector('#link').textContent.startsWith('● live')", SECONDS_MAX);
        var _ = browser.value("{ const window_ = document.querySelector('#window'); window_.value = '60';"
                + " window_.dispatchEvent(new Event('change')); }");
    }

    /** Waits until the last minute knows so many operations; 0 takes a minute after the last one. */
    void awaitCount(long count) throws IOException, InterruptedException {
        browser.await(COUNT + " === " + count, SECONDS_MAX + 30);
    }

    /** Waits for seconds at most until so many answers a second are shown, or nine tenths of them; whether they are. */
    boolean awaitRate(double perSecond, double secondsMax) throws IOException, InterruptedException {
        return browser.within(
                "Number(document.querySelector('[data-figure=rate]')?.textContent.replaceAll(',', '')) >= "
                        + 0.9 * perSecond,
                secondsMax);
    }

    /** Stops the page, so that picture and figures are of the same moment; or lets it go on. */
    void freeze(boolean frozen) throws IOException, InterruptedException {
        if (!Boolean.valueOf(frozen)
                .equals(browser.value("document.querySelector('#freeze').getAttribute('aria-pressed') === 'true'"))) {
            var _ = browser.value("document.querySelector('#freeze').click()");
        }
    }

    /** Keeps a picture, a PNG file. */
    void picture(Path file) throws IOException, InterruptedException {
        browser.picture(file);
    }

    /** What the table of percentiles shows, by series: {@code TOTAL} and stages. */
    Map<String, Row> rows() throws IOException, InterruptedException {
        Map<String, Row> rows = new LinkedHashMap<>();
        if (browser.value(ROWS) instanceof JsonArray found) {
            for (Object one : found) {
                JsonArray cells = (JsonArray) one;
                rows.put(
                        cells.getString(0),
                        new Row(
                                nanos(cells.getString(1)),
                                nanos(cells.getString(3)),
                                nanos(cells.getString(4)),
                                Long.parseLong(cells.getString(7).replace(",", ""))));
            }
        }
        return rows;
    }

    /** What the figures at the top show, by name. */
    Map<String, String> figures() throws IOException, InterruptedException {
        Map<String, String> figures = new LinkedHashMap<>();
        if (browser.value(FIGURES) instanceof JsonObject found) {
            found.forEach(one -> figures.put(one.getKey(), String.valueOf(one.getValue())));
        }
        return figures;
    }

    /** Nanoseconds of a text such as {@code 61.2 µs}; NaN of one that is no time. */
    static double nanos(String text) {
        String[] parts = text.split(" ", -1);
        if (parts.length != 2) {
            return Double.NaN;
        }
        double unit = switch (parts[1]) {
            case "ns" -> 1;
            case "µs" -> 1e3;
            case "ms" -> 1e6;
            case "s" -> 1e9;
            default -> Double.NaN;
        };
        return Double.parseDouble(parts[0]) * unit;
    }

    @Override
    public void close() throws IOException {
        browser.close();
    }
}
