// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import dev.managedhsm.gateway.audit.AuditConfig;
import dev.managedhsm.gateway.audit.AuditPolicy;
import dev.managedhsm.gateway.audit.ForwardConfig;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads where the audit log is, when answers leave, and how much of it is kept. One thread. */
final class AuditSection {
    private static final Pattern RESOURCE = Pattern.compile("/[A-Za-z0-9/._()-]{1,300}");

    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9.:-]{1,253}");

    /** Of syslog over TLS: RFC 5425 section 4.1. */
    private static final int PORT = 6514;

    private final @Nullable Section section;
    private final Values values;
    private final Path data;

    /** What a file can say of the policy: an HSM in production always records. */
    private enum Policy {
        FAIL_CLOSED,
        BOUNDED_LAG
    }

    AuditSection(@Nullable Section section, Values values, Path data) {
        this.section = section;
        this.values = values;
        this.data = data;
    }

    AuditConfig read() {
        AuditConfig usual = AuditConfig.in(data.resolve("audit"));
        Section own = section;
        if (own == null) {
            return usual;
        }
        Path folder = own.has("folder") ? values.path(own.optional("folder"), NamedFile.Kind.FOLDER) : usual.folder();
        Policy policy = values.choice(own.optional("policy"), Policy.values(), Policy.FAIL_CLOSED);
        AuditConfig wanted = new AuditConfig(
                folder,
                policy == Policy.FAIL_CLOSED ? AuditPolicy.FAIL_CLOSED : AuditPolicy.BOUNDED_LAG,
                values.duration(
                        own.optional("wait_at_most"), Duration.ofMillis(100), Duration.ofSeconds(30), usual.waitMax()),
                values.number(own.optional("lag_events"), 1, AuditConfig.EVENTS_WAITING_MAX, usual.lagEventsMax()),
                values.size(
                        own.optional("segment_size"),
                        AuditConfig.SEGMENT_BYTES_MIN,
                        AuditConfig.SEGMENT_BYTES_MAX,
                        usual.segmentBytesMax()),
                values.duration(
                        own.optional("segment_age"), Duration.ofMinutes(1), Duration.ofDays(31), usual.segmentAgeMax()),
                values.number(own.optional("segments"), 2, 1_000_000, usual.segmentsMax()),
                own.has("keep_events_for")
                        ? values.duration(
                                own.optional("keep_events_for"),
                                Duration.ofHours(1),
                                Duration.ofDays(36_500),
                                Duration.ofDays(365))
                        : null,
                values.duration(
                        own.optional("signing_key_age"),
                        Duration.ofDays(1),
                        Duration.ofDays(3_650),
                        AuditConfig.KEY_AGE_DEFAULT),
                own.has("resource_id")
                        ? values.text(own.optional("resource_id"), RESOURCE, "a resource id that begins with a slash")
                        : null,
                forward(own.optionalSection("forward")));
        own.end();
        return wanted;
    }

    private @Nullable ForwardConfig forward(@Nullable Section to) {
        if (to == null) {
            return null;
        }
        Item place = to.required("host");
        String host = values.text(place, HOST, "a host's name or address");
        boolean tls = values.flag(to.optional("tls"), true);
        if (!tls && !onThisMachine(host)) {
            to.fault("tls", "events name keys and callers: without TLS they go to an address of this machine only");
        }
        Item trusted = to.optional("trusted_certificates");
        ForwardConfig wanted = new ForwardConfig(
                host,
                values.number(to.optional("port"), 1, 65_535, PORT),
                tls,
                trusted == null ? null : values.path(trusted, NamedFile.Kind.PUBLIC),
                values.flag(to.optional("close_notify"), true),
                values.choice(to.optional("format"), ForwardConfig.Format.values(), ForwardConfig.Format.JSON),
                values.duration(
                        to.optional("confirm_every"),
                        Duration.ofSeconds(1),
                        Duration.ofMinutes(10),
                        ForwardConfig.CONFIRM_DEFAULT));
        to.end();
        return place == null ? null : wanted;
    }

    private static boolean onThisMachine(String host) {
        try {
            return InetAddress.ofLiteral(host).isLoopbackAddress();
        } catch (IllegalArgumentException aName) {
            return false;
        }
    }
}
