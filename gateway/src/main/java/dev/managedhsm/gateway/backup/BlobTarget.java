// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.backup;

import dev.managedhsm.gateway.backup.BackupFailure.Reason;
import dev.managedhsm.gateway.backup.StorageCalls.Reply;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.function.UnaryOperator;

/**
 * Backups in a container of Azure Blob Storage, or of something that speaks like it: Put Blob, Get Blob, Delete Blob with a
 * shared access signature or with a token of the HSM's managed identity. Either is part of what is sent and of nothing that
 * is said.
 *
 * <p>A part of a backup has 2 MiB at most and so goes with one call; the service takes 5,000 MiB at once.
 */
public final class BlobTarget implements BackupTarget {
    private static final String VERSION = "2021-08-06";
    private static final int NOTHING_LENGTH_MAX = 4096;

    private final StorageCalls calls;
    private final String container;
    private final BlobAccess access;

    /**
     * @param calls reach the storage
     * @param container the container's URL, no slash at the end; the caller has made sure that it is allowed
     * @param access what lets in
     */
    BlobTarget(StorageCalls calls, String container, BlobAccess access) {
        this.calls = calls;
        this.container = container;
        this.access = access;
    }

    @Override
    public String uri() {
        return container;
    }

    @Override
    public void put(String folder, String name, byte[] bytes) {
        expect(
                201,
                send(
                        folder,
                        name,
                        request -> request.header("x-ms-blob-type", "BlockBlob")
                                .header("content-type", "application/octet-stream")
                                .PUT(BodyPublishers.ofByteArray(bytes)),
                        NOTHING_LENGTH_MAX));
    }

    @Override
    public byte[] read(String folder, String name, int lengthMax) {
        Reply reply = send(folder, name, HttpRequest.Builder::GET, lengthMax);
        if (reply.status() == 404) {
            throw new BackupFailure(Reason.NOT_FOUND, "There is no " + name + " in the folder " + folder);
        }
        expect(200, reply);
        if (reply.body().length > lengthMax) {
            throw new BackupFailure(Reason.DAMAGED, name + " in the folder " + folder + " is too long");
        }
        return reply.body();
    }

    /** One that is not there any more was removed by a call whose answer was lost. */
    @Override
    public void remove(String folder, String name) {
        Reply reply = send(folder, name, HttpRequest.Builder::DELETE, NOTHING_LENGTH_MAX);
        if (reply.status() != 404) {
            expect(202, reply);
        }
    }

    private Reply send(String folder, String name, UnaryOperator<HttpRequest.Builder> what, int lengthMax) {
        String url = container + "/" + folder + "/" + name;
        return switch (access) {
            case BlobAccess.Signature(String query) ->
                calls.send(what.apply(request(url + "?" + query)).build(), lengthMax);
            case BlobAccess.Identity(StorageTokens tokens) -> {
                String token = tokens.token();
                Reply reply = calls.send(what.apply(request(url, token)).build(), lengthMax);
                if (reply.status() == 401) { // it may have been taken back; a second one is as good as it gets
                    tokens.refused(token);
                    reply = calls.send(what.apply(request(url, tokens.token())).build(), lengthMax);
                }
                yield reply;
            }
        };
    }

    private static HttpRequest.Builder request(String url) {
        return HttpRequest.newBuilder(URI.create(url)).header("x-ms-version", VERSION);
    }

    private static HttpRequest.Builder request(String url, String token) {
        return request(url)
                .header("x-ms-date", DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC)))
                .header("authorization", "Bearer " + token);
    }

    private void expect(int status, Reply reply) {
        if (reply.status() == status) {
            return;
        }
        boolean shut = reply.status() == 401 || reply.status() == 403;
        throw new BackupFailure(
                Reason.UNREACHABLE,
                shut && access instanceof BlobAccess.Identity
                        ? "The blob storage does not let the HSM's managed identity in (" + reply.words()
                                + "): give it the role Storage Blob Data Contributor there"
                        : "The blob storage answered " + reply.words());
    }
}
