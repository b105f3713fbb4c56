// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.backup;

import dev.managedhsm.gateway.backup.BackupFailure.Reason;
import dev.managedhsm.gateway.backup.StorageCalls.Reply;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
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

    /** A date of HTTP (RFC 9110, section 5.6.7): the day has two digits, which Java's own RFC 1123 does not give it. */
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
            .withZone(ZoneOffset.UTC);

    private final StorageCalls calls;
    private final InstantSource clock;
    private final String container;
    private final BlobAccess access;

    /**
     * @param calls reach the storage
     * @param clock dates what is sent with a token
     * @param container the container's URL, no slash at the end; the caller has made sure that it is allowed
     * @param access what lets in
     */
    BlobTarget(StorageCalls calls, InstantSource clock, String container, BlobAccess access) {
        this.calls = calls;
        this.clock = clock;
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
                    String second = tokens.token();
                    if (!second.equals(token)) { // an endpoint may keep its tokens, and give the same once more
                        reply = calls.send(what.apply(request(url, second)).build(), lengthMax);
                    }
                }
                yield reply;
            }
        };
    }

    private static HttpRequest.Builder request(String url) {
        try {
            return HttpRequest.newBuilder(URI.create(url)).header("x-ms-version", VERSION);
        } catch (IllegalArgumentException quotesTheUrl) { // and with it the signature: neither kept nor said
            throw new BackupFailure(Reason.NOT_ALLOWED, "The storage's URL and the signature make no URL together");
        }
    }

    private HttpRequest.Builder request(String url, String token) {
        return request(url)
                .header("x-ms-date", DATE.format(clock.instant()))
                .header("authorization", "Bearer " + token);
    }

    private void expect(int status, Reply reply) {
        if (reply.status() == status) {
            return;
        }
        throw new BackupFailure(
                Reason.UNREACHABLE,
                access instanceof BlobAccess.Identity ? refusal(reply) : "The blob storage answered " + reply.words());
    }

    /** 401 says that the token is none for this storage, 403 that whom it names has no right there. */
    private static String refusal(Reply reply) {
        return switch (reply.status()) {
            case 401 ->
                "The blob storage does not take the token of the HSM's managed identity (" + reply.words()
                        + "): check backups.managed_identity.resource, and that the storage belongs to the identity's"
                        + " tenant";
            case 403 ->
                "The blob storage does not let the HSM's managed identity in (" + reply.words()
                        + "): give it the role Storage Blob Data Contributor there";
            default -> "The blob storage answered " + reply.words();
        };
    }
}
