// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.backup;

import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** Takes the first bytes of an answer's body and lets go of the connection if there are more. Called by the HTTP client. */
final class FirstBytes implements BodySubscriber<byte[]> {
    private static final int ROOM_FIRST = 4096;

    private final int lengthMax;
    private final CompletableFuture<byte[]> done = new CompletableFuture<>();
    private byte[] bytes;
    private int length;
    private Flow.@Nullable Subscription subscription;

    /** @param lengthMax how many bytes are taken */
    FirstBytes(int lengthMax) {
        this.lengthMax = lengthMax;
        this.bytes = new byte[Math.min(lengthMax, ROOM_FIRST)];
    }

    @Override
    public CompletionStage<byte[]> getBody() {
        return done;
    }

    @Override
    public void onSubscribe(Flow.Subscription begun) {
        subscription = begun;
        begun.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(List<ByteBuffer> pieces) {
        for (ByteBuffer piece : pieces) {
            int taken = Math.min(piece.remaining(), lengthMax - length);
            if (length + taken > bytes.length) {
                byte[] larger = Arrays.copyOf(bytes, Math.min(lengthMax, Math.max(length + taken, 2 * bytes.length)));
                Arrays.fill(bytes, (byte) 0); // it may be a token
                bytes = larger;
            }
            piece.get(bytes, length, taken);
            length += taken;
        }
        if (length == lengthMax) {
            if (subscription != null) {
                subscription.cancel();
            }
            end();
        }
    }

    @Override
    public void onError(Throwable broken) {
        done.completeExceptionally(broken);
    }

    @Override
    public void onComplete() {
        end();
    }

    private void end() {
        if (!done.isDone()) {
            byte[] exact = Arrays.copyOf(bytes, length);
            Arrays.fill(bytes, (byte) 0);
            done.complete(exact);
        }
    }
}
