// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import dev.managedhsm.auth.decision.Permit;
import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.Outcome;
import dev.managedhsm.crypto.operation.Stage;
import dev.managedhsm.crypto.operation.StageTimes;
import dev.managedhsm.gateway.wire.WireError;
import dev.managedhsm.gateway.wire.WireNames;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Writes events as lines of JSON in the shape of Azure's diagnostic log of a managed HSM; what Azure has no member for is in
 * {@code properties}. Used by the log's thread only; for an operation with a key that it has met it allocates nothing.
 */
final class EventLine {
    /** The longest line, with its end: every text is cut, so none is longer. */
    static final int LENGTH_MAX = 24 * 1024;

    private static final int MESSAGE_LENGTH_MAX = 512;
    private static final int AGENT_LENGTH_MAX = 256;
    /** Ids and names are cut here, in characters. */
    static final int ID_LENGTH_MAX = 128;

    private static final int VERSION_LENGTH_MAX = 32;
    private static final long NANOS_PER_MILLI = 1_000_000;

    /** What the log's thread has no time for: the stages that are over when the event is handed to it. */
    private static final Stage[] STAGES = {
        Stage.RECEIVE, Stage.AUTHENTICATE, Stage.DECODE, Stage.QUEUE, Stage.EXECUTE, Stage.RETURN, Stage.ENCODE
    };

    private static final byte[] TIME = bytes("{\"time\":\"");
    private static final byte[] OPERATION_VERSION = bytes(",\"operationVersion\":");
    private static final byte[] SUCCESS =
            bytes(",\"category\":\"AuditEvent\",\"resultType\":\"Success\",\"resultSignature\":");
    private static final byte[] FAILURE =
            bytes(",\"category\":\"AuditEvent\",\"resultType\":\"Failure\",\"resultSignature\":");
    private static final byte[] DESCRIPTION = bytes(",\"resultDescription\":");
    private static final byte[] DURATION = bytes(",\"durationMs\":");
    private static final byte[] ADDRESS = bytes(",\"callerIpAddress\":");
    private static final byte[] CLIENT_INFO = bytes(",\"clientInfo\":");
    private static final byte[] CORRELATION = bytes(",\"correlationId\":");
    private static final byte[] STATUS = bytes(",\"subnetId\":\"(unknown)\",\"httpStatusCode\":");
    private static final byte[] INDEX = bytes(
            "\",\"properties\":{\"PoolType\":\"M-HSM\",\"sku_Family\":\"S\",\"sku_Name\":\"Software\",\"index\":");
    private static final byte[] METHOD = bytes(",\"httpMethod\":");
    private static final byte[] KEY_NAME = bytes(",\"keyName\":");
    private static final byte[] KEY_VERSION = bytes(",\"keyVersion\":");
    private static final byte[] CODE = bytes(",\"errorCode\":");
    private static final byte[] INNER_CODE = bytes(",\"innerErrorCode\":");
    private static final byte[] REASON = bytes(",\"refusalReason\":");
    private static final byte[] ASSIGNED = bytes(",\"assignmentId\":");
    private static final byte[] ASSIGNED_PRINCIPAL = bytes(",\"assignedPrincipalId\":");
    private static final byte[] ASSIGNED_ROLE = bytes(",\"assignedRoleDefinitionId\":");
    private static final byte[] ASSIGNED_SCOPE = bytes(",\"assignedScope\":");
    private static final byte[] PURGE = bytes(",\"scheduledPurgeSeconds\":");
    private static final byte[] FIRST_KEPT = bytes(",\"firstKeptIndex\":");
    private static final byte[] OWN_ID = bytes(",\"clientRequestId\":");
    private static final byte[] NANOS = bytes(",\"durationNanos\":");
    private static final byte[] STAGE_NANOS = bytes(",\"stageNanos\":{");
    private static final byte[][] ALGORITHMS = members("algorithm", Algorithm.values(), WireNames::of);
    private static final byte[][] OUTCOMES = members("outcome", Outcome.values(), Outcome::name);
    private static final byte[] END = bytes("}}\n");
    private static final byte[][] STAGE_NAMES = stageNames();

    private final byte[] source;
    private final byte[][] operations;
    private final EventTime time = new EventTime(TIME);
    private final KnownStatuses results = new KnownStatuses(EventLine::result);
    private final KnownStatuses targets;
    private final KnownMembers<RoleAssignment> rights = new KnownMembers<>(EventLine::right);
    private final KnownMembers<KeyFacts> keys = new KnownMembers<>(EventLine::keyVersion);

    EventLine(AuditSource source) {
        JsonLine line = new JsonLine(8 * 1024);
        line.raw(bytes("Z\",\"TenantId\":"));
        line.quoted(source.tenantId(), ID_LENGTH_MAX);
        line.raw(bytes(",\"resourceId\":"));
        line.quoted(source.resourceId(), JsonLine.TEXT_LENGTH_MAX);
        line.raw(bytes(",\"operationName\":"));
        this.source = line.copy();
        this.operations = operations(line);
        line.clear();
        line.raw(bytes(",\"PoolName\":"));
        line.quoted(source.poolName(), ID_LENGTH_MAX);
        line.raw(bytes(",\"resourceGroup\":"));
        line.quoted(source.resourceGroup(), ID_LENGTH_MAX);
        line.raw(bytes(",\"resourceProvider\":\"MICROSOFT.KEYVAULT\",\"resource\":"));
        line.quoted(source.poolName().toUpperCase(Locale.ROOT), ID_LENGTH_MAX);
        line.raw(bytes(",\"resourceType\":\"managedHSMs\",\"requestUri\":\""));
        line.raw(bytes(source.baseUrl()));
        byte[] target = line.copy();
        this.targets = new KnownStatuses((status, out) -> {
            out.raw(STATUS);
            out.number(status);
            out.raw(target);
        });
    }

    /** What is said up to the name of each operation with a key, and the name. */
    private byte[][] operations(JsonLine line) {
        Operation[] all = Operation.values();
        byte[][] operations = new byte[all.length][];
        for (Operation operation : all) {
            line.clear();
            line.raw(source);
            line.quoted(AuditName.of(operation), ID_LENGTH_MAX);
            operations[operation.ordinal()] = line.copy();
        }
        return operations;
    }

    /**
     * Writes one event with its line's end.
     *
     * @param index the event's place in the log
     * @param out has room for {@link #LENGTH_MAX} bytes
     */
    void write(AuditEvent event, long index, JsonLine out) {
        Operation operation = event.operation;
        KeyFacts facts = event.key;
        AuditName name = operation == null || facts == null ? AuditName.of(event.method, event.path) : null;
        time.write(event.timeMillis, out);
        if (operation == null || name != null) {
            out.raw(source);
            out.quoted(name(event, name), ID_LENGTH_MAX);
        } else {
            out.raw(operations[operation.ordinal()]);
        }
        text(OPERATION_VERSION, event.apiVersion, VERSION_LENGTH_MAX, out);
        out.raw(results.of(event.status));
        WireError error = event.error;
        text(DESCRIPTION, error == null ? null : error.message(), MESSAGE_LENGTH_MAX, out);
        out.raw(DURATION);
        out.number((event.nanos + NANOS_PER_MILLI / 2) / NANOS_PER_MILLI);
        who(event, out);
        out.raw(targets.of(event.status));
        out.escaped(event.path, event.path.length());
        out.raw(INDEX);
        out.number(index);
        properties(event, name, out);
        out.raw(END);
    }

    private static String name(AuditEvent event, @Nullable AuditName name) {
        if (event.firstKept > 0) {
            return AuditName.RETENTION;
        }
        return name == null ? AuditName.UNKNOWN : name.operation();
    }

    private static void result(int status, JsonLine out) {
        out.raw(status < 400 ? SUCCESS : FAILURE);
        out.quoted(signature(status), ID_LENGTH_MAX);
    }

    private static void who(AuditEvent event, JsonLine out) {
        text(ADDRESS, event.clientAddress, ID_LENGTH_MAX, out);
        AuditCaller caller = event.caller;
        if (caller != null) {
            out.raw(caller.identity());
        }
        text(CLIENT_INFO, event.userAgent, AGENT_LENGTH_MAX, out);
        text(CORRELATION, event.requestId, ID_LENGTH_MAX, out);
    }

    private void properties(AuditEvent event, @Nullable AuditName name, JsonLine out) {
        text(METHOD, event.method, VERSION_LENGTH_MAX, out);
        AuditCaller caller = event.caller;
        if (caller != null) {
            out.raw(caller.members());
        }
        permit(event.permit, out);
        key(event, name, out);
        WireError error = event.error;
        if (error != null) {
            text(CODE, error.code(), ID_LENGTH_MAX, out);
            text(INNER_CODE, error.innerCode(), ID_LENGTH_MAX, out);
        }
        text(REASON, event.rejection == null ? null : event.rejection.name(), ID_LENGTH_MAX, out);
        text(OWN_ID, event.clientRequestId, ID_LENGTH_MAX, out);
        assignment(event.assignment, out);
        if (event.purgeSeconds > 0) {
            out.raw(PURGE);
            out.number(event.purgeSeconds);
        }
        if (event.firstKept > 0) {
            out.raw(FIRST_KEPT);
            out.number(event.firstKept);
        }
        out.raw(NANOS);
        out.number(event.nanos);
        stages(event.times, out);
    }

    private void permit(@Nullable Permit permit, JsonLine out) {
        if (permit != null) {
            out.raw(rights.of(permit.assignment()));
        }
    }

    private static void right(RoleAssignment assignment, JsonLine out) {
        out.member("roleAssignmentId", assignment.name().toString(), ID_LENGTH_MAX);
        out.member("roleDefinitionId", assignment.roleDefinitionId().toString(), ID_LENGTH_MAX);
    }

    private static void assignment(@Nullable RoleAssignment changed, JsonLine out) {
        if (changed != null) {
            text(ASSIGNED, changed.name().toString(), ID_LENGTH_MAX, out);
            text(ASSIGNED_PRINCIPAL, changed.principalId().toString(), ID_LENGTH_MAX, out);
            text(ASSIGNED_ROLE, changed.roleDefinitionId().toString(), ID_LENGTH_MAX, out);
            text(ASSIGNED_SCOPE, changed.scope().text(), MESSAGE_LENGTH_MAX, out);
        }
    }

    private static void keyVersion(KeyFacts facts, JsonLine out) {
        out.member("keyName", facts.name().text(), ID_LENGTH_MAX);
        out.member("keyVersion", facts.version().text(), ID_LENGTH_MAX);
        out.member("keyClass", facts.keyClass().name(), ID_LENGTH_MAX);
    }

    private void key(AuditEvent event, @Nullable AuditName name, JsonLine out) {
        KeyFacts facts = event.key;
        if (facts != null) {
            out.raw(keys.of(facts));
        } else if (name != null && !name.key().isEmpty()) {
            text(KEY_NAME, name.key(), ID_LENGTH_MAX, out);
            text(KEY_VERSION, name.version().isEmpty() ? null : name.version(), ID_LENGTH_MAX, out);
        }
        Algorithm algorithm = event.algorithm;
        if (algorithm != null) {
            out.raw(ALGORITHMS[algorithm.ordinal()]);
        }
        Outcome outcome = event.outcome;
        if (outcome != null) {
            out.raw(OUTCOMES[outcome.ordinal()]);
        }
    }

    private static void stages(@Nullable StageTimes times, JsonLine out) {
        if (times == null) {
            return;
        }
        out.raw(STAGE_NANOS);
        for (int i = 0; i < STAGES.length; i++) {
            out.raw(STAGE_NAMES[i]);
            out.number(times.nanos(STAGES[i]));
        }
        out.raw((byte) '}');
    }

    private static void text(byte[] member, @Nullable String text, int lengthMax, JsonLine out) {
        if (text != null) {
            out.raw(member);
            out.quoted(text, lengthMax);
        }
    }

    private static String signature(int status) {
        return switch (status) {
            case 200 -> "OK";
            case 202 -> "Accepted";
            case 204 -> "No Content";
            case 400 -> "Bad Request";
            case 401 -> "Unauthorized";
            case 403 -> "Forbidden";
            case 404 -> "Not Found";
            case 405 -> "Method Not Allowed";
            case 408 -> "Request Timeout";
            case 409 -> "Conflict";
            case 413 -> "Content Too Large";
            case 414 -> "URI Too Long";
            case 415 -> "Unsupported Media Type";
            case 429 -> "Too Many Requests";
            case 431 -> "Request Header Fields Too Large";
            case AuditEvent.CLIENT_GONE -> "Client Gone";
            case 500 -> "Internal Server Error";
            case 503 -> "Service Unavailable";
            default -> status < 400 ? "Success" : "Failure";
        };
    }

    private static <E extends Enum<E>> byte[][] members(String name, E[] values, Function<E, String> text) {
        JsonLine line = new JsonLine(1024);
        byte[][] members = new byte[values.length][];
        for (E value : values) {
            line.clear();
            line.member(name, text.apply(value), ID_LENGTH_MAX);
            members[value.ordinal()] = line.copy();
        }
        return members;
    }

    private static byte[][] stageNames() {
        byte[][] names = new byte[STAGES.length][];
        for (int i = 0; i < STAGES.length; i++) {
            names[i] = bytes((i == 0 ? "\"" : ",\"") + STAGES[i].name().toLowerCase(Locale.ROOT) + "\":");
        }
        return names;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
