// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;

/**
 * nginx as a measure: one worker that answers every request with the same bytes over TLS, the least that an HTTP server can
 * do. Its certificate is made by the openssl command. Closing it ends it.
 */
final class Nginx implements AutoCloseable {
    private static final Path COMMAND = Path.of("/usr/sbin/nginx");
    private static final int START_TRIES = 100;
    private static final long TRY_MILLIS = 100;

    private final Process process;
    private final Path folder;
    private final int port;

    private Nginx(Process process, Path folder, int port) {
        this.process = process;
        this.folder = folder;
        this.port = port;
    }

    /** Whether this machine has it where distributions put it. */
    static boolean installed() {
        return Files.isExecutable(COMMAND);
    }

    /** Starts it on a free port of loopback. */
    static Nginx start() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("perf-nginx");
        Certificate.make(folder);
        int port = freePort();
        Path configuration = folder.resolve("nginx.conf");
        Files.writeString(configuration, configuration(folder, port));
        Process process = new ProcessBuilder(
                        COMMAND.toString(), "-c", configuration.toString(), "-p", folder.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        for (int i = 0; i < START_TRIES && process.isAlive(); i++) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return new Nginx(process, folder, socket.getPort());
            } catch (IOException e) {
                Thread.sleep(TRY_MILLIS);
            }
        }
        process.destroyForcibly();
        throw new IOException("nginx did not start: " + Files.readString(folder.resolve("log")));
    }

    URI url() {
        return URI.create("https://localhost:" + port);
    }

    ProcessHandle process() {
        return process.toHandle();
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** An answer of the size that an ES256 signature has. */
    private static String configuration(Path folder, int port) {
        return """
                daemon off;
                worker_processes 1;
                pid %1$s/pid;
                error_log stderr error;
                events { worker_connections 1024; }
                http {
                    access_log off;
                    client_body_temp_path %1$s/body;
                    proxy_temp_path %1$s/proxy;
                    fastcgi_temp_path %1$s/fastcgi;
                    uwsgi_temp_path %1$s/uwsgi;
                    scgi_temp_path %1$s/scgi;
                    large_client_header_buffers 8 32k;
                    keepalive_requests 1000000000;
                    keepalive_timeout 1h;
                    client_header_timeout 1h;
                    http2_max_concurrent_streams 1024;
                    server {
                        listen 127.0.0.1:%2$d ssl http2;
                        ssl_certificate %1$s/cert.pem;
                        ssl_certificate_key %1$s/key.pem;
                        default_type application/json;
                        location / { return 200 '{"kid":"%3$s","value":"%4$s"}'; }
                    }
                }
                """.formatted(folder, port, "k".repeat(80), "v".repeat(86));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
