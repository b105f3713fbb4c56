// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.backup;

import dev.managedhsm.gateway.backup.BackupFailure.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Backups in a container of Azure Blob Storage, or of something that speaks like it: Put Blob, Get Blob, Delete Blob with a
 * shared access signature. The signature is part of every URL that is sent and of nothing that is said.
 */
public final class BlobTarget implements BackupTarget {
    private static final String VERSION = "2021-08-06";
    private static final Duration CALL_MAX = Duration.ofSeconds(60);
    private static final int ATTEMPTS_MAX = 4;
    private static final long PAUSE_MILLIS = 250;

    private final HttpClient http;
    private final String container;
    private final String signature;

    /**
     * @param http follows no redirects
     * @param container the container's URL, no slash at the end; the caller has made sure that it is allowed
     * @param signature a shared access signature: a query without its question mark
     */
    BlobTarget(HttpClient http, String container, String signature) {
        this.http = http;
        this.container = container;
        this.signature = signature;
    }

    @Override
    public String uri() {
        return container;
    }

    @Override
    public void put(String folder, String name, byte[] bytes) {
        HttpRequest request = request(folder, name)
                .header("x-ms-blob-type", "BlockBlob")
                .header("content-type", "application/octet-stream")
                .PUT(BodyPublishers.ofByteArray(bytes))
                .build();
        try (Reply reply = send(request)) {
            reply.expect(201);
        }
    }

    @Override
    public byte[] read(String folder, String name, int lengthMax) {
        try (Reply reply = send(request(folder, name).GET().build())) {
            if (reply.status() == 404) {
                throw new BackupFailure(Reason.NOT_FOUND, "There is no " + name + " in the folder " + folder);
            }
            reply.expect(200);
            byte[] bytes = reply.body().readNBytes(lengthMax + 1);
            if (bytes.length > lengthMax) {
                throw new BackupFailure(Reason.DAMAGED, name + " in the folder " + folder + " is too long");
            }
            return bytes;
        } catch (IOException e) {
            throw unreachable(e);
        }
    }

    @Override
    public void remove(String folder, String name) {
        try (Reply reply = send(request(folder, name).DELETE().build())) {
            reply.expect(202);
        }
    }

    private HttpRequest.Builder request(String folder, String name) {
        return HttpRequest.newBuilder(URI.create(container + "/" + folder + "/" + name + "?" + signature))
                .timeout(CALL_MAX)
                .header("x-ms-version", VERSION);
    }

    /** Sends, and again after a while where the storage only had no time. */
    private Reply send(HttpRequest request) {
        for (int attempt = 1; ; attempt++) {
            try {
                Reply reply = new Reply(http.send(request, BodyHandlers.ofInputStream()));
                if (attempt == ATTEMPTS_MAX || (reply.status() != 429 && reply.status() < 500)) {
                    return reply;
                }
                reply.close();
            } catch (IOException e) {
                if (attempt == ATTEMPTS_MAX) {
                    throw unreachable(e);
                }
            } catch (InterruptedException e) {
                throw interrupted();
            }
            pause(attempt);
        }
    }

    private static void pause(int attempt) {
        try {
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS << attempt);
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    private static BackupFailure interrupted() {
        Thread.currentThread().interrupt();
        return new BackupFailure(Reason.UNREACHABLE, "The HSM is shutting down");
    }

    /** Only the kind: a message could name the URL with its signature. */
    private static BackupFailure unreachable(IOException e) {
        return new BackupFailure(
                Reason.UNREACHABLE,
                "The blob storage cannot be reached (" + e.getClass().getSimpleName() + ")");
    }

    /** One answer of the storage. */
    private record Reply(HttpResponse<InputStream> response) implements AutoCloseable {
        int status() {
            return response.statusCode();
        }

        InputStream body() {
            return response.body();
        }

        void expect(int status) {
            if (status() != status) {
                String code = response.headers().firstValue("x-ms-error-code").orElse("no error code");
                throw new BackupFailure(
                        Reason.UNREACHABLE,
                        "The blob storage answered " + status() + " (" + code.replaceAll("[^A-Za-z0-9 ]", "?") + ")");
            }
        }

        @Override
        public void close() {
            try {
                response.body().close();
            } catch (IOException e) {
                throw unreachable(e);
            }
        }
    }
}
