// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.Outcome;
import dev.managedhsm.crypto.operation.Stage;
import dev.managedhsm.crypto.ring.Admission;
import dev.managedhsm.gateway.http.EdgeLimits;
import dev.managedhsm.gateway.wire.OperationAnswer;
import dev.managedhsm.gateway.wire.WireError;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Sends operations with keys that are thrown away from one event loop through the ring and back, as requests do: read from
 * JSON, executed by a worker, written as JSON. After that the code is compiled and every worker's engine has been used. Few
 * are on their way at once, so requests that come meanwhile find the ring almost empty. Used by its event loop's thread only.
 */
final class LoopWarmUp implements SlotUser {
    private static final int ON_THEIR_WAY_MAX = 8;

    /**
     * One kind of operation.
     *
     * @param key whose class the algorithm fits
     * @param body what a client would send
     */
    private record Trial(Operation operation, LivingKey key, ByteBuf body) {}

    private final KeyOperations path;
    private final List<Trial> trials;
    private final long endNanos;
    private final CompletableFuture<Long> done = new CompletableFuture<>();
    private int next;
    private int left;
    private int onTheirWay;
    private long count;

    /**
     * @param path the hot path of the event loop
     * @param curve a key of P-256
     * @param secret a key of 256 bits for AES and HMAC
     * @param count how many operations
     * @param endNanos until when, on the clock of {@link System#nanoTime()}
     */
    LoopWarmUp(KeyOperations path, LivingKey curve, LivingKey secret, int count, long endNanos) {
        this.path = path;
        this.left = count;
        this.endNanos = endNanos;
        String half = "A".repeat(43); // 32 bytes
        String sixteen = "A".repeat(22);
        this.trials = List.of(
                trial(Operation.SIGN, curve, "{\"alg\":\"ES256\",\"value\":\"" + half + "\"}"),
                trial(
                        Operation.VERIFY,
                        curve,
                        "{\"alg\":\"ES256\",\"digest\":\"" + half + "\",\"value\":\"" + "E".repeat(85) + "A\"}"),
                trial(Operation.SIGN, secret, "{\"alg\":\"HS256\",\"value\":\"" + half + "\"}"),
                trial(Operation.ENCRYPT, secret, "{\"alg\":\"A256GCM\",\"value\":\"" + half + "\"}"),
                trial(
                        Operation.DECRYPT,
                        secret,
                        "{\"alg\":\"A256GCM\",\"value\":\"" + half + "\",\"iv\":\"" + "A".repeat(16) + "\",\"tag\":\""
                                + sixteen + "\"}"),
                trial(Operation.WRAP_KEY, secret, "{\"alg\":\"A256KW\",\"value\":\"" + half + "\"}"),
                trial(Operation.UNWRAP_KEY, secret, "{\"alg\":\"A256KW\",\"value\":\"" + "A".repeat(54) + "\"}"));
    }

    private static Trial trial(Operation operation, LivingKey key, String json) {
        byte[] body = json.getBytes(StandardCharsets.US_ASCII);
        return new Trial(
                operation, key, Unpooled.directBuffer(body.length, body.length).writeBytes(body));
    }

    /**
     * Begins.
     *
     * @return completes on the event loop with how many operations came back
     */
    CompletableFuture<Long> begin() {
        send();
        return done;
    }

    private void send() {
        while (onTheirWay < ON_THEIR_WAY_MAX && left > 0) {
            if (System.nanoTime() - endNanos > 0 || !submit(trials.get(next))) {
                left = 0; // time is over, or real requests fill the machine: then it is warm
            } else {
                left--;
                onTheirWay++;
                next = (next + 1) % trials.size();
            }
        }
        if (onTheirWay == 0 && !done.isDone()) {
            trials.forEach(trial -> trial.body.release());
            done.complete(count);
        }
    }

    private boolean submit(Trial trial) {
        OperationSlot slot = path.slots.acquire(this);
        if (slot == null) {
            return false;
        }
        WireError fault = path.reader.read(trial.body, trial.operation, slot);
        if (fault != null) {
            path.slots.release(slot);
            throw new IllegalStateException("an operation of the warm-up is refused: " + fault.message());
        }
        Algorithm algorithm = path.reader.algorithm();
        slot.ask(trial.operation, algorithm, trial.key.handle());
        long nowNanos = System.nanoTime();
        slot.start(nowNanos);
        slot.stamp(Stage.RECEIVE, nowNanos);
        slot.stamp(Stage.AUTHENTICATE, nowNanos);
        slot.stamp(Stage.DECODE, nowNanos);
        slot.deadlineNanos(nowNanos + EdgeLimits.OPERATION_WAIT_NANOS_MAX);
        boolean admitted = path.submitter.submit(slot, nowNanos) == Admission.ADMITTED;
        if (!admitted) {
            path.slots.release(slot);
        }
        return admitted;
    }

    @Override
    public void finished(OperationSlot slot) {
        try {
            if (slot.outcome() == Outcome.DONE || slot.operation() == Operation.VERIFY) {
                path.bodies.giveBack(
                        OperationAnswer.encode(slot, trials.getFirst().key.facts(), path.baseUrl, path.buffers));
            }
        } finally {
            path.slots.release(slot);
            onTheirWay--;
            count++;
        }
        send();
    }
}
