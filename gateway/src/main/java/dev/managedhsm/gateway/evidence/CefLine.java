// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/**
 * An event in ArcSight's Common Event Format, version 0. What the format has no key for is in custom strings, with its label
 * beside it. Stateless; any thread.
 */
public final class CefLine {
    private static final String HEAD = "CEF:0|Managed HSM gateway|managed-hsm|1|";
    private static final int SEVERITY_SUCCESS = 3;
    private static final int SEVERITY_REFUSED = 6;
    private static final int SEVERITY_BROKEN = 8;
    private static final int STATUS_BROKEN = 500;

    private CefLine() {}

    /**
     * One line without its end.
     *
     * @param event as it is in the log
     */
    public static String of(JsonObject event) {
        JsonObject properties = event.getJsonObject("properties", new JsonObject());
        String operation = event.getString("operationName", "Unknown");
        StringBuilder line = new StringBuilder(512).append(HEAD);
        header(line, operation).append('|');
        header(line, operation).append('|').append(severity(event)).append('|');
        line.append("rt=").append(millis(event.getString("time", "")));
        add(line, "outcome", event.getString("resultType"));
        add(line, "reason", properties.getString("refusalReason", properties.getString("errorCode")));
        add(line, "src", event.getString("callerIpAddress"));
        add(line, "suid", properties.getString("principalObjectId"));
        add(line, "requestMethod", properties.getString("httpMethod"));
        add(line, "request", event.getString("requestUri"));
        add(line, "requestClientApplication", event.getString("clientInfo"));
        add(line, "externalId", event.getString("correlationId"));
        add(line, "dvchost", event.getString("PoolName"));
        labelled(line, "cn1", "index", text(properties.getValue("index")));
        labelled(line, "cn2", "httpStatusCode", text(event.getValue("httpStatusCode")));
        labelled(line, "cs1", "keyName", properties.getString("keyName"));
        labelled(line, "cs2", "keyVersion", properties.getString("keyVersion"));
        labelled(line, "cs3", "algorithm", properties.getString("algorithm"));
        labelled(line, "cs4", "roleAssignmentId", properties.getString("roleAssignmentId"));
        labelled(line, "cs5", "tenantId", event.getString("TenantId"));
        labelled(line, "cs6", "resourceId", event.getString("resourceId"));
        return line.toString();
    }

    private static int severity(JsonObject event) {
        if ("Success".equals(event.getString("resultType"))) {
            return SEVERITY_SUCCESS;
        }
        return event.getInteger("httpStatusCode", 0) >= STATUS_BROKEN ? SEVERITY_BROKEN : SEVERITY_REFUSED;
    }

    private static long millis(String time) {
        try {
            return Instant.parse(time).toEpochMilli();
        } catch (DateTimeParseException notOurs) {
            return 0;
        }
    }

    private static @Nullable String text(@Nullable Object value) {
        return value == null ? null : value.toString();
    }

    private static void labelled(StringBuilder line, String key, String label, @Nullable String value) {
        if (value != null) {
            add(line, key, value);
            add(line, key + "Label", label);
        }
    }

    private static void add(StringBuilder line, String key, @Nullable String value) {
        if (value == null || value.isEmpty()) {
            return;
        }
        line.append(' ').append(key).append('=');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '\\', '=' -> line.append('\\').append(c);
                case '\n' -> line.append("\\n");
                case '\r' -> line.append("\\r");
                default -> line.append(c);
            }
        }
    }

    private static StringBuilder header(StringBuilder line, String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '\\' || c == '|') {
                line.append('\\');
            }
            line.append(c == '\n' || c == '\r' ? ' ' : c);
        }
        return line;
    }
}
