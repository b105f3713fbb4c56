// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import dev.managedhsm.auth.decision.Permit;
import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.auth.token.RejectionReason;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.Outcome;
import dev.managedhsm.crypto.operation.StageTimes;
import dev.managedhsm.gateway.wire.WireError;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one request, gathered by its event loop while it goes on and handed to the {@link AuditLog} when it ends.
 * From then on the event loop changes nothing but whether an answer still waits; the log's thread reads. It holds no payload,
 * no token and no key byte.
 */
public final class AuditEvent {
    /** Longer paths are cut, in characters. */
    static final int PATH_LENGTH_MAX = 1024;

    // The request.
    String requestId = "";
    String method = "";
    String path = "";
    String clientAddress = "";

    @Nullable
    String apiVersion;

    @Nullable
    String userAgent;

    @Nullable
    String clientRequestId;

    // Who asked, and by which right.
    @Nullable
    AuditCaller caller;

    @Nullable
    Permit permit;

    // What was asked of which key version.
    @Nullable
    KeyFacts key;

    @Nullable
    Operation operation;

    @Nullable
    Algorithm algorithm;

    @Nullable
    Outcome outcome;

    @Nullable
    StageTimes times;

    // How it ended.
    int status;
    long timeMillis;
    long nanos;

    @Nullable
    WireError error;

    @Nullable
    RejectionReason rejection;

    @Nullable
    AuditReceipt receipt;

    /** The role assignment that was made or deleted. */
    @Nullable
    RoleAssignment assignment;

    /** When a key that was deleted goes for good, in seconds since 1970; 0 where none was. */
    long purgeSeconds;

    /** Of an event of the log's own: the first event that is kept; 0 in all others. */
    long firstKept;

    // The way back; the first three are the event loop's own once the event is on its way.
    long sequence;
    long sentNanos;
    AuditWaiters.@Nullable Answer answer;
    int loop;

    /** An event of which nothing is known yet. */
    public AuditEvent() {}

    /** Who is asking, as soon as that is proven. */
    public void caller(AuditCaller proven) {
        caller = proven;
    }

    /** Object id of who is asking, a GUID in lower case, if that is proven. */
    public @Nullable String callerId() {
        AuditCaller who = caller;
        return who == null ? null : who.objectId();
    }

    /** The right by which the request goes on. */
    public void permit(Permit given) {
        permit = given;
    }

    /** The key version, if it is known. */
    public @Nullable KeyFacts key() {
        return key;
    }

    /** With which algorithm, if that is known. */
    public @Nullable Algorithm algorithm() {
        return algorithm;
    }

    /** How the operation ended, if it was in the machine. */
    public @Nullable Outcome outcome() {
        return outcome;
    }

    /** The key version that is used, made or shown. */
    public void key(KeyFacts facts) {
        key = facts;
    }

    /** What is asked of the key. */
    public void operation(Operation asked, Algorithm with) {
        operation = asked;
        algorithm = with;
    }

    /** How the operation ended in the machine. */
    public void outcome(Outcome how) {
        outcome = how;
    }

    /** When the operation passed which stage; its event loop goes on to stamp the last one. */
    public void times(StageTimes stages) {
        times = stages;
    }

    /** Why the request is refused. */
    public void refused(WireError why) {
        error = why;
    }

    /** Why the token was refused. */
    public void rejected(RejectionReason why) {
        rejection = why;
    }

    /** Somebody wants to be told where the event is in the log. */
    public void receipt(AuditReceipt wanted) {
        receipt = wanted;
    }

    /** The role assignment that was made or deleted, for who wants to know later what there was. */
    public void assignment(RoleAssignment changed) {
        assignment = changed;
    }

    /** When the key that was deleted goes for good, in seconds since 1970. */
    public void deleted(long scheduledPurgeSeconds) {
        purgeSeconds = scheduledPurgeSeconds;
    }

    /** This is no request: the log itself deletes its events before this index. */
    void retention(long firstKeptIndex) {
        firstKept = firstKeptIndex;
    }

    /** What is known of the request itself; texts are cut where events bound them. */
    public void request(String id, String verb, @Nullable String uriPath, String address) {
        requestId = id;
        method = verb;
        path = uriPath == null
                ? ""
                : uriPath.length() > PATH_LENGTH_MAX ? uriPath.substring(0, PATH_LENGTH_MAX) : uriPath;
        clientAddress = address;
    }

    /** What the client says of itself and of the request; each may be null. */
    public void client(@Nullable String version, @Nullable String agent, @Nullable String ownId) {
        apiVersion = version;
        userAgent = agent;
        clientRequestId = ownId;
    }

    /**
     * How the request ended.
     *
     * @param httpStatus the status of the answer; {@link #CLIENT_GONE} when nobody waits for one
     * @param endMillis when, since 1970
     * @param tookNanos how long it took
     */
    public void end(int httpStatus, long endMillis, long tookNanos) {
        status = httpStatus;
        timeMillis = endMillis;
        nanos = tookNanos;
    }

    /** Stands for a status where the client had gone before there was one. */
    public static final int CLIENT_GONE = 499;
}
