// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.backup;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.managedhsm.gateway.backup.BackupFailure.Reason;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tokens of the HSM's managed identity for blob storages. One is kept until {@value #RENEWED_BEFORE_SECONDS} seconds before
 * its end, and used to its end where no new one is to be had. A token is in no message. Any thread; blocks.
 */
final class StorageTokens {
    private static final String IMDS_VERSION = "2018-02-01";
    private static final String APP_SERVICE_VERSION = "2019-08-01";
    private static final Duration CALL_MAX = Duration.ofSeconds(5);
    private static final int ANSWER_LENGTH_MAX = 64 * 1024;
    private static final long RENEWED_BEFORE_SECONDS = 300;
    private static final long ASKED_AGAIN_SECONDS = 30;
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9._~+/=-]{1,32768}");
    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,12}");

    private final StorageIdentity identity;
    private final StorageCalls calls;
    private final InstantSource clock;
    private @Nullable String held;
    private long endSeconds;
    private long renewSeconds;

    /**
     * @param identity who vouches for the HSM
     * @param clock tells whether a token has expired
     * @param pause before the first further attempt
     */
    StorageTokens(StorageIdentity identity, InstantSource clock, Duration pause) {
        this.identity = identity;
        this.clock = clock;
        // The endpoint is on this machine: no proxy stands between, and none gets to see tokens.
        HttpClient http = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NEVER)
                .version(HttpClient.Version.HTTP_1_1)
                .proxy(HttpClient.Builder.NO_PROXY)
                .connectTimeout(CALL_MAX)
                .build();
        this.calls = new StorageCalls(http, "The endpoint of managed identities", CALL_MAX, pause);
    }

    /**
     * A token that has not expired.
     *
     * @throws BackupFailure if there is none to be had
     */
    synchronized String token() {
        String token = held;
        if (token != null && nowSeconds() < renewSeconds) {
            return token;
        }
        try {
            return renewed();
        } catch (BackupFailure failure) {
            long now = nowSeconds(); // asking may have taken long
            if (token == null || now >= endSeconds) {
                throw failure;
            }
            renewSeconds = now + ASKED_AGAIN_SECONDS;
            return token;
        }
    }

    private long nowSeconds() {
        return clock.instant().getEpochSecond();
    }

    /** Forgets a token that a storage did not take. */
    synchronized void refused(String token) {
        if (token.equals(held)) {
            held = null;
        }
    }

    private String renewed() {
        StorageCalls.Reply reply = calls.send(request(), ANSWER_LENGTH_MAX);
        long now = nowSeconds();
        try {
            if (reply.status() != 200) {
                throw refusal("answered " + reply.status() + " (" + reason(reply.body())
                        + "): check that the identity exists and is assigned to this machine");
            }
            JsonObject json = new JsonObject(new String(reply.body(), UTF_8));
            String token = String.valueOf(json.getValue("access_token"));
            long end = end(json, now);
            if (json.getValue("access_token") == null || !TOKEN.matcher(token).matches() || end <= now) {
                throw refusal("gave no token that can be used");
            }
            held = token;
            endSeconds = end;
            renewSeconds = Math.max(end - RENEWED_BEFORE_SECONDS, now + (end - now) / 2);
            return token;
        } catch (DecodeException | ClassCastException e) {
            throw refusal("gave no token that can be used");
        } finally {
            Arrays.fill(reply.body(), (byte) 0);
        }
    }

    private HttpRequest request() {
        Supplier<byte[]> header = identity.header();
        StringBuilder query = new StringBuilder("?api-version=")
                .append(header == null ? IMDS_VERSION : APP_SERVICE_VERSION)
                .append("&resource=")
                .append(URLEncoder.encode(identity.resource(), UTF_8));
        if (identity.clientId() != null) {
            query.append("&client_id=").append(URLEncoder.encode(identity.clientId(), UTF_8));
        }
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(identity.endpoint() + query.toString()));
        if (header == null) {
            return request.header("Metadata", "true").build();
        }
        byte[] secret = {};
        try {
            secret = header.get();
            return request.header("X-IDENTITY-HEADER", new String(secret, UTF_8))
                    .build();
        } catch (IllegalArgumentException e) { // not repeated: it could quote the secret
            throw refusal("cannot be asked: its secret header cannot be read, or holds what no header can");
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
    }

    /** When the token ends, in Unix seconds: both protocols say when, and that of machines says in how long, too. */
    private static long end(JsonObject json, long nowSeconds) {
        String at = String.valueOf(json.getValue("expires_on"));
        if (SECONDS.matcher(at).matches()) {
            return Long.parseLong(at);
        }
        String in = String.valueOf(json.getValue("expires_in"));
        return SECONDS.matcher(in).matches() ? nowSeconds + Long.parseLong(in) : 0;
    }

    /** The error's one word, such as {@code invalid_request}; the rest of an answer is not repeated. */
    private static String reason(byte[] body) {
        try {
            String word = String.valueOf(new JsonObject(new String(body, UTF_8)).getValue("error"));
            return word.matches("[A-Za-z0-9_ -]{1,60}") ? word : "no reason given";
        } catch (DecodeException e) {
            return "no reason given";
        }
    }

    private static BackupFailure refusal(String what) {
        return new BackupFailure(Reason.UNREACHABLE, "The endpoint of managed identities " + what);
    }
}
