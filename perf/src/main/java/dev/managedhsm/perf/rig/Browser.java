// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Chromium without a window, with one page of a laptop's size, driven by the DevTools protocol. It trusts one public key
 * beside the usual authorities. One thread at a time; closing ends it and removes its profile.
 */
final class Browser implements AutoCloseable, WebSocket.Listener {
    private static final Pattern LISTENING = Pattern.compile("DevTools listening on ws://([^/]+)/.*");
    private static final long ANSWER_SECONDS_MAX = 60;
    private static final long END_SECONDS_MAX = 10;
    private static final long LOOK_MILLIS = 50;

    private final Process process;
    private final Path profile;
    private final HttpClient http = HttpClient.newHttpClient();
    private final AtomicInteger ids = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonObject>> waiting = new ConcurrentHashMap<>();
    private final StringBuilder arriving = new StringBuilder();
    private @Nullable WebSocket socket;

    private Browser(Process process, Path profile) {
        this.process = process;
        this.profile = profile;
    }

    /**
     * Starts one.
     *
     * @param pin SHA-256 of the public key that is trusted, in Base64
     * @throws IOException if Chromium is not installed or does not start
     */
    static Browser start(String pin) throws IOException, InterruptedException {
        Path profile = Files.createTempDirectory("perf-browser");
        // Who looks at a dashboard has a machine of his own: here the browser gets what HSM and sender leave.
        Process process = new ProcessBuilder(List.of(
                        "nice",
                        "-n",
                        "19",
                        program(),
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--disable-extensions",
                        "--disable-dev-shm-usage",
                        "--hide-scrollbars",
                        "--force-prefers-reduced-motion",
                        "--mute-audio",
                        "--window-size=1366,900",
                        "--remote-debugging-port=0",
                        "--ignore-certificate-errors-spki-list=" + pin,
                        "--user-data-dir=" + profile,
                        "about:blank"))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        Browser browser = new Browser(process, profile);
        try {
            browser.open(address(process));
            return browser;
        } catch (IOException | RuntimeException e) {
            browser.close();
            throw e;
        }
    }

    private static String program() throws IOException {
        for (String name : List.of("chromium", "chromium-browser", "google-chrome")) {
            for (String folder : System.getenv("PATH").split(":", -1)) {
                if (Files.isExecutable(Path.of(folder, name))) {
                    return Path.of(folder, name).toString();
                }
            }
        }
        throw new IOException("Chromium is not installed: install it (command chromium)");
    }

    private static String address(Process process) throws IOException {
        BufferedReader errors = process.errorReader();
        for (String line = errors.readLine(); line != null; line = errors.readLine()) {
            Matcher matcher = LISTENING.matcher(line);
            if (matcher.matches()) {
                Thread.ofPlatform().daemon().name("browser-log").start(() -> drain(errors));
                return matcher.group(1);
            }
        }
        throw new IOException("Chromium does not start");
    }

    private static void drain(BufferedReader errors) {
        try {
            while (errors.readLine() != null) {
                // nobody reads it, and the browser must not wait for that
            }
        } catch (IOException ended) {
            // as expected
        }
    }

    private void open(String address) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + address + "/json/new?about:blank"))
                .PUT(HttpRequest.BodyPublishers.noBody())
                .build();
        String target = http.send(request, BodyHandlers.ofString()).body();
        URI page = URI.create(new JsonObject(target).getString("webSocketDebuggerUrl"));
        socket = answered(http.newWebSocketBuilder().buildAsync(page, this));
        var _ = call("Page.enable", new JsonObject());
        var _ = call(
                "Emulation.setDeviceMetricsOverride",
                new JsonObject()
                        .put("width", 1366)
                        .put("height", 900)
                        .put("deviceScaleFactor", 1)
                        .put("mobile", false));
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        arriving.append(data);
        if (last) {
            JsonObject message = new JsonObject(arriving.toString());
            arriving.setLength(0);
            Integer id = message.getInteger("id");
            CompletableFuture<JsonObject> answer = id == null ? null : waiting.remove(id);
            if (answer != null) {
                answer.complete(message);
            }
        }
        from.request(1);
        return null;
    }

    private JsonObject call(String method, JsonObject parameters) throws IOException, InterruptedException {
        WebSocket open = socket;
        if (open == null) {
            throw new IllegalStateException("the page is not open");
        }
        int id = ids.incrementAndGet();
        CompletableFuture<JsonObject> answer = new CompletableFuture<>();
        waiting.put(id, answer);
        JsonObject message =
                new JsonObject().put("id", id).put("method", method).put("params", parameters);
        var _ = open.sendText(message.encode(), true);
        JsonObject told = answered(answer);
        if (told.containsKey("error")) {
            throw new IOException(method + ": " + told.getJsonObject("error").encode());
        }
        return told.getJsonObject("result");
    }

    private static <T> T answered(CompletableFuture<T> answer) throws IOException, InterruptedException {
        try {
            return answer.get(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("the browser does not answer", e);
        }
    }

    /** Goes to an address. */
    void go(URI url) throws IOException, InterruptedException {
        var _ = call("Page.navigate", new JsonObject().put("url", url.toString()));
    }

    /** The value of an expression in the page, as JSON has it. */
    @Nullable
    Object value(String expression) throws IOException, InterruptedException {
        JsonObject result = call(
                "Runtime.evaluate",
                new JsonObject().put("expression", expression).put("returnByValue", true));
        if (result.containsKey("exceptionDetails")) {
            throw new IOException(
                    expression + ": " + result.getJsonObject("exceptionDetails").encode());
        }
        return result.getJsonObject("result").getValue("value");
    }

    /**
     * Waits until an expression in the page is true.
     *
     * @throws IOException if it is not within so many seconds; what the page shows is in the message
     */
    void await(String expression, double secondsMax) throws IOException, InterruptedException {
        if (!within(expression, secondsMax)) {
            throw new IOException("not within " + secondsMax + " s: " + expression + "; the page shows "
                    + value("document.body.innerText"));
        }
    }

    /** Waits until an expression in the page is true, or so many seconds are over; whether it is true. */
    boolean within(String expression, double secondsMax) throws IOException, InterruptedException {
        long end = System.nanoTime() + Math.round(secondsMax * 1e9);
        while (!Boolean.TRUE.equals(value("Boolean(" + expression + ")"))) {
            if (System.nanoTime() - end > 0) {
                return false;
            }
            Thread.sleep(LOOK_MILLIS);
        }
        return true;
    }

    /** Writes into what has the focus, as a clipboard does. */
    void paste(String text) throws IOException, InterruptedException {
        var _ = call("Input.insertText", new JsonObject().put("text", text));
    }

    /** Presses Enter. */
    void enter() throws IOException, InterruptedException {
        JsonObject event = new JsonObject()
                .put("key", "Enter")
                .put("code", "Enter")
                .put("windowsVirtualKeyCode", 13)
                .put("text", "\r");
        var _ = call("Input.dispatchKeyEvent", event.copy().put("type", "keyDown"));
        var _ = call("Input.dispatchKeyEvent", event.copy().put("type", "keyUp"));
    }

    /** Keeps a picture of the whole page, a PNG file. */
    void picture(Path file) throws IOException, InterruptedException {
        JsonObject result = call(
                "Page.captureScreenshot", new JsonObject().put("format", "png").put("captureBeyondViewport", true));
        Files.write(file, Base64.getDecoder().decode(result.getString("data")));
    }

    @Override
    public void close() throws IOException {
        http.shutdownNow();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        var _ = process.destroyForcibly()
                .onExit()
                .orTimeout(END_SECONDS_MAX, TimeUnit.SECONDS)
                .join();
        List<Path> files;
        try (Stream<Path> found = Files.walk(profile)) {
            files = found.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
    }
}
