// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.managedhsm.auth.decision.Authoriser;
import dev.managedhsm.auth.decision.Permit;
import dev.managedhsm.auth.principal.Principal;
import dev.managedhsm.auth.principal.PrincipalKind;
import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.auth.role.DataAction;
import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.auth.role.RoleSnapshot;
import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.auth.token.RejectionReason;
import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyHandle;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.KeyVersion;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Completions;
import dev.managedhsm.crypto.operation.Limits;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.Outcome;
import dev.managedhsm.crypto.operation.Stage;
import dev.managedhsm.crypto.operation.StageTimes;
import dev.managedhsm.gateway.wire.WireError;
import dev.managedhsm.gateway.wire.WireNames;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The bytes of a line are a format: what was written by one version is looked through by every later one. */
final class EventLineTest {
    private static final int EVENTS = 4_000;
    private static final AuditSource SOURCE =
            AuditSource.of("6f0f4e30-5a0b-4c53-9a8a-3d1c0b6f7e11", "https://hsm1.hsm.test:8443", null);
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final Map<Integer, String> SIGNATURES = Map.of(
            200,
            "OK",
            204,
            "No Content",
            302,
            "Success",
            401,
            "Unauthorized",
            404,
            "Not Found",
            418,
            "Failure",
            499,
            "Client Gone",
            503,
            "Service Unavailable",
            777,
            "Failure");
    private static final List<Integer> STATUSES =
            SIGNATURES.keySet().stream().sorted().toList();
    private static final String IDENTITY = ",\"identity\":\"{\\\"claim\\\":{}}\"";
    private static final String MEMBERS = ",\"principalObjectId\":\"o\",\"principalKind\":\"APP\",\"issuer\":\"i\"";

    private final Random random = new Random(42);
    private final EventLine line = new EventLine(SOURCE);
    private final JsonLine out = new JsonLine(EventLine.LENGTH_MAX + 1);
    private final KeyFacts[] keys = {facts("a", KeyClass.P_256), facts("orders-signing", KeyClass.RSA_4096)};
    private final RoleAssignment assignment =
            new RoleAssignment(new UUID(1, 2), BuiltInRoles.CRYPTO_USER.id(), new UUID(3, 4), Scope.KEYS);

    @Test
    void lineOfASignatureIsAsItEverWas() {
        AuditEvent event = new AuditEvent();
        event.request("r-1", "POST", "/keys/a/00000000000000000000000000000000/sign", "127.0.0.1");
        event.client("7.6", "sdk", null);
        event.key(keys[0]);
        event.operation(Operation.SIGN, Algorithm.ES256);
        event.outcome(Outcome.DONE);
        event.times(times(1000));
        event.end(200, 1_800_000_000_007L, 1_500_000);
        assertEquals(
                "{\"time\":\"2027-01-15T08:00:00.007Z\",\"TenantId\":\"6f0f4e30-5a0b-4c53-9a8a-3d1c0b6f7e11\","
                        + "\"resourceId\":\"/SUBSCRIPTIONS/00000000-0000-0000-0000-000000000000/RESOURCEGROUPS/SELF-HOSTED/"
                        + "PROVIDERS/MICROSOFT.KEYVAULT/MANAGEDHSMS/HSM1\",\"operationName\":\"KeySign\","
                        + "\"operationVersion\":\"7.6\",\"category\":\"AuditEvent\",\"resultType\":\"Success\","
                        + "\"resultSignature\":\"OK\",\"durationMs\":2,\"callerIpAddress\":\"127.0.0.1\","
                        + "\"clientInfo\":\"sdk\",\"correlationId\":\"r-1\",\"subnetId\":\"(unknown)\","
                        + "\"httpStatusCode\":200,\"PoolName\":\"hsm1\",\"resourceGroup\":\"SELF-HOSTED\","
                        + "\"resourceProvider\":\"MICROSOFT.KEYVAULT\",\"resource\":\"HSM1\","
                        + "\"resourceType\":\"managedHSMs\",\"requestUri\":\"https://hsm1.hsm.test:8443/keys/a/"
                        + "00000000000000000000000000000000/sign\",\"properties\":{\"PoolType\":\"M-HSM\","
                        + "\"sku_Family\":\"S\",\"sku_Name\":\"Software\",\"index\":1729,\"httpMethod\":\"POST\","
                        + "\"keyName\":\"a\",\"keyVersion\":\"00000000000000000000000000000000\",\"keyClass\":\"P_256\","
                        + "\"algorithm\":\"ES256\",\"outcome\":\"DONE\",\"durationNanos\":1500000,\"stageNanos\":{"
                        + "\"receive\":1000,\"authenticate\":1000,\"decode\":1000,\"queue\":1000,\"execute\":1000,"
                        + "\"return\":1000,\"encode\":1000}}}\n",
                written(event, 1729));
    }

    @Test
    void everyEventIsWrittenMemberByMemberInTheSameOrder() {
        for (int i = 0; i < EVENTS; i++) {
            AuditEvent event = event();
            long index = number();
            assertEquals(expected(event, index), written(event, index), "event " + i);
        }
    }

    @Test
    void longestTextsLeaveRoomForTheWholeLine() {
        String long1 = "\u0001".repeat(5_000);
        AuditEvent event = event();
        event.request(long1, long1, long1, long1);
        event.client(long1, long1, long1);
        event.refused(new WireError(400, long1, long1));
        assertEquals(expected(event, Long.MAX_VALUE), written(event, Long.MAX_VALUE));
    }

    private String written(AuditEvent event, long index) {
        out.clear();
        line.write(event, index, out);
        return new String(out.bytes(), 0, out.length(), StandardCharsets.UTF_8);
    }

    private AuditEvent event() {
        AuditEvent event = new AuditEvent();
        event.request(text(40), random.nextBoolean() ? "POST" : text(9), "/" + text(80), text(30));
        event.client(maybe(text(5)), maybe(text(300)), maybe(text(200)));
        event.caller = maybe(new AuditCaller(utf8(IDENTITY), utf8(MEMBERS), "o"));
        event.permit = maybe(permit());
        event.key = maybe(keys[random.nextInt(keys.length)]);
        event.operation = maybe(Operation.values()[random.nextInt(Operation.values().length)]);
        event.algorithm = maybe(Algorithm.values()[random.nextInt(Algorithm.values().length)]);
        event.outcome = maybe(Outcome.values()[random.nextInt(Outcome.values().length)]);
        event.times = maybe(times(number() >>> 8));
        event.error = maybe(new WireError(404, text(20), text(600)));
        event.rejection = maybe(RejectionReason.EXPIRED);
        event.assignment = maybe(assignment);
        event.purgeSeconds = random.nextBoolean() ? number() : 0;
        event.firstKept = event.operation == null && random.nextInt(8) == 0 ? number() : 0;
        event.end(STATUSES.get(random.nextInt(STATUSES.size())), number() >>> 21, number() >>> 1);
        return event;
    }

    private <T> @Nullable T maybe(T one) {
        return random.nextBoolean() ? one : null;
    }

    /** Of any number of digits. */
    private long number() {
        return random.nextInt(50) == 0 ? Long.MAX_VALUE : random.nextLong(1L << random.nextInt(1, 63));
    }

    /** Mostly plain, sometimes with what must be escaped or has more than one byte. */
    private String text(int lengthMax) {
        int length = random.nextInt(lengthMax + 1);
        boolean plain = random.nextBoolean();
        StringBuilder text = new StringBuilder();
        while (text.length() < length) {
            text.append(
                    plain || random.nextInt(10) > 0
                            ? (char) random.nextInt(' ', 0x80)
                            : switch (random.nextInt(6)) {
                                case 0 -> (char) random.nextInt(0x20);
                                case 1 -> (char) random.nextInt(0x80, 0x100);
                                case 2 -> (char) random.nextInt(0x100, 0x800);
                                case 3 -> (char) random.nextInt(0x800, 0x10000);
                                case 4 -> Character.toString(random.nextInt(0x10000, 0x110000));
                                default -> "\"\\\u007f\ud800";
                            });
        }
        return text.toString();
    }

    private static KeyFacts facts(String name, KeyClass keyClass) {
        return new KeyFacts(
                new KeyName(name),
                new KeyVersion("0".repeat(32)),
                keyClass,
                Set.of(),
                new KeyAttributes(true, KeyAttributes.NONE, KeyAttributes.NONE, 1, 1),
                Map.of(),
                new PublicPart.None(),
                null);
    }

    private Permit permit() {
        Principal caller = new Principal(
                new UUID(5, 6), assignment.principalId(), new UUID(7, 8), PrincipalKind.APP, null, List.of());
        Authoriser authoriser = new Authoriser(RoleSnapshot.of(List.of(), List.of(assignment)));
        return assertInstanceOf(Permit.class, authoriser.decideOnKey(caller, DataAction.KEYS_SIGN, "a"));
    }

    private static StageTimes times(long nanos) {
        try (Arena arena = Arena.ofConfined()) {
            OperationSlot slot = new OperationSlot(0, arena.allocate(Limits.SLOT_LENGTH), new Nowhere());
            slot.ask(Operation.SIGN, Algorithm.ES256, new KeyHandle(0, 0, KeyClass.P_256));
            slot.start(0);
            StageTimes times = new StageTimes(slot);
            for (Stage stage : Stage.values()) {
                times.stamp(stage, nanos * (stage.ordinal() + 1));
            }
            return times;
        }
    }

    private record Nowhere() implements Completions {
        @Override
        public void offer(OperationSlot slot) {}

        @Override
        public void wake() {}
    }

    // ---- the format, said once more and plainly ----

    private String expected(AuditEvent event, long index) {
        AuditName name = event.operation == null || event.key == null ? AuditName.of(event.method, event.path) : null;
        StringBuilder json = new StringBuilder("{\"time\":\"")
                .append(TIME.format(Instant.ofEpochMilli(event.timeMillis)))
                .append('"');
        member(json, "TenantId", SOURCE.tenantId(), 128);
        member(json, "resourceId", SOURCE.resourceId(), 512);
        member(json, "operationName", operationName(event, name), 128);
        member(json, "operationVersion", event.apiVersion, 32);
        member(json, "category", "AuditEvent", 128);
        member(json, "resultType", event.status < 400 ? "Success" : "Failure", 128);
        member(json, "resultSignature", SIGNATURES.get(event.status), 128);
        member(json, "resultDescription", event.error == null ? null : event.error.message(), 512);
        number(json, "durationMs", (event.nanos + 500_000) / 1_000_000);
        member(json, "callerIpAddress", event.clientAddress, 128);
        json.append(event.caller == null ? "" : IDENTITY);
        member(json, "clientInfo", event.userAgent, 256);
        member(json, "correlationId", event.requestId, 128);
        member(json, "subnetId", "(unknown)", 128);
        number(json, "httpStatusCode", event.status);
        member(json, "PoolName", "hsm1", 128);
        member(json, "resourceGroup", "SELF-HOSTED", 128);
        member(json, "resourceProvider", "MICROSOFT.KEYVAULT", 128);
        member(json, "resource", "HSM1", 128);
        member(json, "resourceType", "managedHSMs", 128);
        member(json, "requestUri", SOURCE.baseUrl() + event.path, Integer.MAX_VALUE);
        json.append(",\"properties\":{\"PoolType\":\"M-HSM\"");
        member(json, "sku_Family", "S", 128);
        member(json, "sku_Name", "Software", 128);
        number(json, "index", index);
        properties(json, event, name);
        return json.append("}}\n").toString();
    }

    private static String operationName(AuditEvent event, @Nullable AuditName name) {
        if (event.operation != null && event.key != null) {
            return AuditName.of(event.operation);
        }
        return event.firstKept > 0 || name == null ? "AuditRetention" : name.operation();
    }

    private void properties(StringBuilder json, AuditEvent event, @Nullable AuditName name) {
        member(json, "httpMethod", event.method, 32);
        json.append(event.caller == null ? "" : MEMBERS);
        if (event.permit != null) {
            member(json, "roleAssignmentId", assignment.name().toString(), 128);
            member(json, "roleDefinitionId", assignment.roleDefinitionId().toString(), 128);
        }
        KeyFacts key = event.key;
        if (key != null) {
            member(json, "keyName", key.name().text(), 128);
            member(json, "keyVersion", key.version().text(), 128);
            member(json, "keyClass", key.keyClass().name(), 128);
        } else if (name != null && !name.key().isEmpty()) {
            member(json, "keyName", name.key(), 128);
            member(json, "keyVersion", name.version().isEmpty() ? null : name.version(), 128);
        }
        member(json, "algorithm", event.algorithm == null ? null : WireNames.of(event.algorithm), 128);
        member(json, "outcome", event.outcome == null ? null : event.outcome.name(), 128);
        if (event.error != null) {
            member(json, "errorCode", event.error.code(), 128);
            member(json, "innerErrorCode", event.error.innerCode(), 128);
        }
        member(json, "refusalReason", event.rejection == null ? null : event.rejection.name(), 128);
        member(json, "clientRequestId", event.clientRequestId, 128);
        if (event.assignment != null) {
            member(json, "assignmentId", assignment.name().toString(), 128);
            member(json, "assignedPrincipalId", assignment.principalId().toString(), 128);
            member(
                    json,
                    "assignedRoleDefinitionId",
                    assignment.roleDefinitionId().toString(),
                    128);
            member(json, "assignedScope", assignment.scope().text(), 512);
        }
        if (event.purgeSeconds > 0) {
            number(json, "scheduledPurgeSeconds", event.purgeSeconds);
        }
        if (event.firstKept > 0) {
            number(json, "firstKeptIndex", event.firstKept);
        }
        number(json, "durationNanos", event.nanos);
        StageTimes times = event.times;
        if (times != null) {
            List<Stage> stages = Arrays.stream(Stage.values())
                    .filter(stage -> stage.compareTo(Stage.ENCODE) <= 0)
                    .toList();
            StringBuilder nanos = new StringBuilder();
            stages.forEach(stage -> number(nanos, stage.name().toLowerCase(Locale.ROOT), times.nanos(stage)));
            json.append(",\"stageNanos\":{").append(nanos.substring(1)).append('}');
        }
    }

    private static void number(StringBuilder json, String name, long value) {
        json.append(",\"").append(name).append("\":").append(Math.max(0, value));
    }

    private static void member(StringBuilder json, String name, @Nullable String text, int lengthMax) {
        if (text == null) {
            return;
        }
        json.append(",\"").append(name).append("\":\"");
        String cut = text.substring(0, Math.min(text.length(), lengthMax));
        cut.codePoints().forEach(c -> {
            if (c == '"' || c == '\\') {
                json.append('\\').appendCodePoint(c);
            } else if (c < ' ' || c == 0x7f) {
                json.append(String.format(Locale.ROOT, "\\u%04x", c));
            } else if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
                json.append("\\ufffd");
            } else {
                json.appendCodePoint(c);
            }
        });
        json.append('"');
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
