// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.auth.decision.Permit;
import dev.managedhsm.auth.role.DataAction;
import dev.managedhsm.auth.token.VerifiedToken;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.Outcome;
import dev.managedhsm.crypto.operation.Stage;
import dev.managedhsm.crypto.operation.StageTimes;
import dev.managedhsm.crypto.ring.Admission;
import dev.managedhsm.gateway.audit.AuditName;
import dev.managedhsm.gateway.http.EdgeCounters;
import dev.managedhsm.gateway.http.EdgeLimits;
import dev.managedhsm.gateway.http.Exchange;
import dev.managedhsm.gateway.wire.OperationAnswer;
import dev.managedhsm.gateway.wire.WireError;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One key operation on its way: each method is one step, called on the event loop, and either ends the exchange or leads
 * to the next.
 *
 * <pre>
 *   begin ─▶ received ─▶ authenticated ─▶ decode, submit ─▶ (worker) ─▶ finished ─▶ (audit) ─▶ left
 * </pre>
 */
final class OperationRequest implements SlotUser {
    private static final String WAIT_HEADER = "x-hsm-wait-ms";
    private static final String TIMING_HEADER = "x-hsm-server-timing";
    private static final double NANOS_PER_MILLI = 1e6;

    private final KeyOperations path;
    private final Exchange exchange;
    private final String name;
    private final String version;
    private final Operation operation;
    private long receivedNanos;
    private long authenticatedNanos;
    private @Nullable KeyFacts facts;
    private @Nullable StandingRight right;

    OperationRequest(KeyOperations path, Exchange exchange, OperationPath parts) {
        this.path = path;
        this.exchange = exchange;
        this.name = parts.name();
        this.version = parts.version();
        this.operation = parts.operation();
    }

    void begin() {
        exchange.asks(AuditName.of(operation));
        exchange.whenProven(this::received, this::authenticated);
    }

    private void received() {
        receivedNanos = System.nanoTime();
    }

    private void authenticated(VerifiedToken token) {
        if (!KeyName.valid(name)) {
            exchange.refuse(Keys.invalidName());
            return;
        }
        right = StandingRight.onKey(path.access.authoriser(), token, action(operation), name);
        Permit permit = path.access.permitOnKey(exchange, token, action(operation), name);
        if (permit == null) {
            return;
        }
        authenticatedNanos = System.nanoTime();
        LivingKey key = version.isEmpty() ? path.keyring.find(name) : path.keyring.find(name, version);
        if (key == null) {
            exchange.refuse(
                    WireError.keyNotFound(path.baseUrl + "/keys/" + name + (version.isEmpty() ? "" : "/" + version)));
            return;
        }
        OperationSlot slot = path.slots.acquire(this);
        if (slot == null) {
            exchange.edge().counters().turnedAway(EdgeCounters.Busy.NO_SLOT);
            exchange.refuse(WireError.throttled());
            return;
        }
        WireError fault = WireError.internal();
        try {
            fault = decode(slot, key);
        } finally {
            if (fault != null) {
                path.slots.release(slot);
            }
        }
        if (fault != null) {
            exchange.refuse(fault);
        } else {
            submit(slot);
        }
    }

    private @Nullable WireError decode(OperationSlot slot, LivingKey key) {
        WireError fault = path.reader.read(exchange.body().bytes(), operation, slot);
        if (fault != null) {
            return fault;
        }
        Algorithm algorithm = path.reader.algorithm();
        if (!algorithm.serves(operation) || !algorithm.fits(key.handle().keyClass())) {
            return WireError.of(Outcome.ALGORITHM_MISMATCH);
        }
        KeyFacts asked = key.facts();
        facts = asked;
        exchange.event().key(asked);
        exchange.event().operation(operation, algorithm);
        slot.ask(operation, algorithm, key.handle());
        exchange.body().letGo(); // wiped: from here on the slot alone holds the payload
        return null;
    }

    private void submit(OperationSlot slot) {
        long nowNanos = System.nanoTime();
        slot.start(exchange.startNanos());
        slot.stamp(Stage.RECEIVE, receivedNanos);
        slot.stamp(Stage.AUTHENTICATE, authenticatedNanos);
        slot.stamp(Stage.DECODE, nowNanos);
        slot.deadlineNanos(nowNanos + waitNanosMax());
        Admission admission = path.submitter.submit(slot, nowNanos);
        if (admission != Admission.ADMITTED) {
            long retryNanos = path.ring.retryNanos(slot, nowNanos);
            path.slots.release(slot);
            if (admission == Admission.CLOSED) {
                exchange.refuse(WireError.unavailable("The HSM is shutting down"));
            } else {
                exchange.edge()
                        .counters()
                        .turnedAway(
                                admission == Admission.FULL ? EdgeCounters.Busy.LANE_FULL : EdgeCounters.Busy.TOO_LATE);
                exchange.refuse(WireError.throttled(), TimeUnit.NANOSECONDS.toSeconds(retryNanos) + 1);
            }
        }
    }

    /** How long the operation may wait for a worker: what the client says, up to the limit. */
    private long waitNanosMax() {
        String text = exchange.request().getHeader(WAIT_HEADER);
        if (text == null) {
            return EdgeLimits.OPERATION_WAIT_NANOS_MAX;
        }
        try {
            long nanos = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(text));
            return Math.clamp(nanos, 0, EdgeLimits.OPERATION_WAIT_NANOS_MAX);
        } catch (NumberFormatException notANumber) {
            return EdgeLimits.OPERATION_WAIT_NANOS_MAX;
        }
    }

    @Override
    public void finished(OperationSlot slot) {
        slot.stamp(Stage.RETURN, System.nanoTime());
        exchange.event().outcome(slot.outcome());
        exchange.timed(new StageTimes(slot), path.latency);
        try {
            if (exchange.over()) {
                exchange.gone();
            } else {
                answer(slot);
            }
        } catch (RuntimeException broken) {
            exchange.broken(broken);
        } finally {
            path.slots.release(slot);
        }
    }

    /** What came out is given to nobody whose right was taken back while it waited. */
    private void answer(OperationSlot slot) {
        StandingRight given = right;
        WireError error = given == null ? null : given.lapsed();
        if (error != null) {
            exchange.refuse(error);
            return;
        }
        error = WireError.of(slot.outcome());
        KeyFacts used = facts;
        if (error == null && used != null) {
            exchange.answer(OperationAnswer.encode(slot, used, path.baseUrl, path.buffers), timing(slot));
        } else if (slot.outcome() == Outcome.KEY_GONE) {
            exchange.refuse(WireError.keyNotFound(path.baseUrl + "/keys/" + name));
        } else {
            if (slot.outcome() == Outcome.DEADLINE_PASSED) {
                exchange.edge().counters().turnedAway(EdgeCounters.Busy.DEADLINE_PASSED);
            }
            exchange.refuse(error == null ? WireError.internal() : error);
        }
    }

    /** What the stages took so far, if the client asks: the header's format is that of W3C Server Timing. */
    private @Nullable String timing(OperationSlot slot) {
        if (exchange.request().getHeader(TIMING_HEADER) == null) {
            return null;
        }
        StringBuilder text = new StringBuilder(160);
        for (Stage stage : Stage.values()) {
            if (stage != Stage.ENCODE && stage != Stage.AUDIT) { // not over yet
                text.append(text.isEmpty() ? "" : ", ")
                        .append(stage.name().toLowerCase(Locale.ROOT))
                        .append(String.format(Locale.ROOT, ";dur=%.3f", slot.nanos(stage) / NANOS_PER_MILLI));
            }
        }
        return text.toString();
    }

    private static DataAction action(Operation operation) {
        return switch (operation) {
            case SIGN -> DataAction.KEYS_SIGN;
            case VERIFY -> DataAction.KEYS_VERIFY;
            case ENCRYPT -> DataAction.KEYS_ENCRYPT;
            case DECRYPT -> DataAction.KEYS_DECRYPT;
            case WRAP_KEY -> DataAction.KEYS_WRAP;
            case UNWRAP_KEY -> DataAction.KEYS_UNWRAP;
        };
    }
}
