// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.dashboard;

import dev.managedhsm.gateway.http.Exchange;
import dev.managedhsm.gateway.wire.WireError;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The dashboard's files, read from the class path once. They hold nothing secret and need no token; what a browser may do
 * with them is bounded by a policy that allows this origin and nothing else. Any event loop.
 */
public final class DashboardFiles {
    /** The page; its parts are below. */
    public static final String PATH = "/dashboard";

    /** What the page may do: scripts, styles, pictures and requests of its own origin, nothing inline, in no frame. */
    static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
            + " require-trusted-types-for 'script'; trusted-types 'none'";

    private static final String PAGE = "index.html";
    private static final List<String> NAMES = List.of(
            PAGE,
            "dashboard.css",
            "icon.svg",
            "main.js",
            "calendar.js",
            "curve.js",
            "dom.js",
            "format.js",
            "heatmap.js",
            "histogram.js",
            "history.js",
            "panels.js",
            "stream.js",
            "tail.js");
    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "svg", "image/svg+xml");
    private static final Map<String, DashboardFile> FILES = read();

    @SuppressWarnings("ArrayRecordComponent") // read once, and never written to
    private record DashboardFile(byte[] content, String tag, Map<String, String> headers) {}

    private DashboardFiles() {}

    /** Answers a request for the page or a part of it. */
    public static void answer(Exchange exchange) {
        DashboardFile file = FILES.get(name(exchange.path()));
        exchange.body().letGo();
        if (file == null) {
            exchange.refuse(WireError.notFound());
        } else if (file.tag().equals(exchange.request().getHeader("if-none-match"))) {
            exchange.page(304, file.headers(), null);
        } else {
            exchange.page(200, file.headers(), Buffer.buffer(file.content()));
        }
    }

    private static String name(@Nullable String path) {
        String rest = path == null ? "" : path.substring(Math.min(path.length(), PATH.length()));
        return rest.length() <= 1 ? PAGE : rest.substring(1);
    }

    private static Map<String, DashboardFile> read() {
        Map<String, DashboardFile> files = new HashMap<>();
        NAMES.forEach(name -> files.put(name, read(name)));
        return Map.copyOf(files);
    }

    private static DashboardFile read(String name) {
        try (InputStream in = DashboardFiles.class.getResourceAsStream("/dashboard/" + name)) {
            if (in == null) {
                throw new IllegalStateException("the build left out dashboard/" + name);
            }
            byte[] content = in.readAllBytes();
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
            String tag = '"' + Base64.getUrlEncoder().withoutPadding().encodeToString(digest) + '"';
            Map<String, String> headers = new LinkedHashMap<>();
            headers.put("content-type", String.valueOf(TYPES.get(name.substring(name.lastIndexOf('.') + 1))));
            headers.put("etag", tag);
            headers.put("cache-control", "no-cache"); // asked for again each time, and mostly answered 304
            headers.put("content-security-policy", POLICY);
            headers.put("x-frame-options", "DENY");
            headers.put("referrer-policy", "no-referrer");
            headers.put("cross-origin-opener-policy", "same-origin");
            headers.put("cross-origin-resource-policy", "same-origin");
            return new DashboardFile(content, tag, headers);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
