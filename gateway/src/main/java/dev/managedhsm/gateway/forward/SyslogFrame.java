// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.forward;

import dev.managedhsm.gateway.audit.ForwardConfig;
import dev.managedhsm.gateway.evidence.CefLine;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Events as syslog messages by RFC 5424, in octet-counted frames (RFC 5425 §4.3, RFC 6587 §3.4.1). Facility 13, log audit.
 *
 * <pre>
 *   412 &lt;110&gt;1 2026-03-01T10:00:00.000Z hsm1.hsm.example managed-hsm - KeySign [meta sequenceId="42"] {"time":…}
 * </pre>
 */
final class SyslogFrame {
    private static final int FACILITY = 13 * 8;
    private static final int INFORMATIONAL = 6;
    private static final int WARNING = 4;

    /** RFC 5424 §7.3.1: sequenceId goes from 1 to this and begins anew. */
    private static final long SEQUENCE_MAX = 2_147_483_647;

    private static final int NAME_LENGTH_MAX = 32;

    private final String host;
    private final ForwardConfig.Format format;

    /** @param host the HSM's name in the messages */
    SyslogFrame(String host, ForwardConfig.Format format) {
        this.host = host;
        this.format = format;
    }

    /**
     * Appends the frame of an event.
     *
     * @param line as it is in the log, without its end
     * @param index the event's
     */
    void append(String line, long index, ByteArrayOutputStream out) {
        JsonObject event = new JsonObject(line);
        boolean success = "Success".equals(event.getString("resultType"));
        String message = '<' + Integer.toString(FACILITY + (success ? INFORMATIONAL : WARNING)) + ">1 "
                + event.getString("time") + ' ' + host + " managed-hsm - "
                + name(event.getString("operationName", "-")) + " [meta sequenceId=\"" + (index % SEQUENCE_MAX + 1)
                + "\"] " + (format == ForwardConfig.Format.CEF ? CefLine.of(event) : line);
        byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
        out.writeBytes((bytes.length + " ").getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(bytes);
    }

    private static String name(String operation) {
        String printable = operation.replaceAll("[^!-~]", "_");
        return printable.substring(0, Math.min(NAME_LENGTH_MAX, printable.length()));
    }
}
