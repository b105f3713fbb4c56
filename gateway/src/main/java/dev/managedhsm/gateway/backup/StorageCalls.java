// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.backup;

import dev.managedhsm.gateway.backup.BackupFailure.Reason;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Calls over HTTP that are tried again, a few times and with growing pauses, where the other side had no time (408, 410, 429,
 * 5xx) or the connection broke; 410 is what the endpoint of a machine says while it is renewed. Used by one thread at a time; blocks.
 */
final class StorageCalls {
    /** How long the first pause is, usually. */
    static final Duration PAUSE_USUAL = Duration.ofMillis(500);

    private static final Duration PAUSE_MAX = Duration.ofSeconds(15);
    private static final int ATTEMPTS_MAX = 5;

    private final HttpClient http;
    private final String whom;
    private final Duration callMax;
    private final Duration pause;

    /**
     * @param http follows no redirects
     * @param whom who is called, for messages
     * @param callMax how long one attempt may take
     * @param pause the first pause; each further one is twice as long
     */
    StorageCalls(HttpClient http, String whom, Duration callMax, Duration pause) {
        this.http = http;
        this.whom = whom;
        this.callMax = callMax;
        this.pause = pause;
    }

    /**
     * Calls until there is an answer that counts, or the attempts are used up.
     *
     * @param request what is sent; must do no harm if it is done twice
     * @param lengthMax how many bytes of the answer's body are of interest; one more is read, to tell
     * @return the last answer
     * @throws BackupFailure if there is none, without anything that was sent
     */
    Reply send(HttpRequest request, int lengthMax) {
        for (int attempt = 1; ; attempt++) {
            try {
                Reply reply = once(request, lengthMax);
                if (attempt == ATTEMPTS_MAX || !busy(reply.status())) {
                    return reply;
                }
                rest(attempt, reply.waitSeconds());
            } catch (IOException e) {
                if (attempt == ATTEMPTS_MAX) {
                    // Only the kind: a message could name a URL with its signature.
                    throw new BackupFailure(
                            Reason.UNREACHABLE,
                            whom + " cannot be reached (" + e.getClass().getSimpleName() + ")");
                }
                rest(attempt, 0);
            }
        }
    }

    private static boolean busy(int status) {
        return status == 408 || status == 410 || status == 429 || status >= 500;
    }

    private Reply once(HttpRequest request, int lengthMax) throws IOException {
        CompletableFuture<HttpResponse<byte[]>> call = http.sendAsync(request, _ -> new FirstBytes(lengthMax + 1));
        try {
            HttpResponse<byte[]> response = call.get(callMax.toMillis(), TimeUnit.MILLISECONDS);
            return new Reply(
                    response.statusCode(),
                    response.headers().firstValue("x-ms-error-code").orElse("no error code"),
                    waitSeconds(response.headers().firstValue("retry-after").orElse("")),
                    response.body());
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException broken ? broken : new IOException(e.getCause());
        } catch (TimeoutException e) {
            throw new java.net.http.HttpTimeoutException("no answer");
        } catch (InterruptedException e) {
            throw interrupted();
        } finally {
            call.cancel(true);
        }
    }

    private static long waitSeconds(String text) {
        return text.matches("[0-9]{1,6}") ? Long.parseLong(text) : 0;
    }

    private void rest(int attempt, long wantedSeconds) {
        long own = pause.toMillis() << (attempt - 1);
        long millis = Math.min(Math.max(own, wantedSeconds * 1000), Math.max(own, PAUSE_MAX.toMillis()));
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    private static BackupFailure interrupted() {
        Thread.currentThread().interrupt();
        return new BackupFailure(Reason.UNREACHABLE, "The HSM is shutting down");
    }

    /**
     * An answer.
     *
     * @param status its status
     * @param code Azure's code of an error
     * @param waitSeconds after how many seconds to come again, 0 if it does not say
     * @param body the first bytes of its body
     */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares answers
    record Reply(int status, String code, long waitSeconds, byte[] body) {
        /** Status and code, with nothing in it that does not belong into a sentence. */
        String words() {
            return status + ", " + code.replaceAll("[^A-Za-z0-9 ]", "?");
        }
    }
}
