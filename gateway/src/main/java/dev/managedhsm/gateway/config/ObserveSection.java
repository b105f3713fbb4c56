// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import dev.managedhsm.gateway.ObserveConfig;
import dev.managedhsm.gateway.observe.LatencyLogConfig;
import dev.managedhsm.gateway.resource.WarmUp;
import dev.managedhsm.gateway.trace.TraceConfig;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The sections {@code warm_up}, {@code latency_log} and {@code traces}: what is done so that the HSM can be watched. */
final class ObserveSection {
    private static final Pattern SHARE = Pattern.compile("0|1|0?\\.[0-9]{1,6}");
    private static final Pattern ON_THIS_MACHINE = Pattern.compile("http://(\\[[0-9a-fA-F:]+]|[0-9.]+):[0-9]{1,5}/.*");
    private static final int OPERATIONS_MAX = 10_000_000;
    private static final long MEBI = 1 << 20;

    private final Section root;
    private final Values values;
    private final String serviceName;

    /** @param serviceName what the HSM is called in traces */
    ObserveSection(Section root, Values values, String serviceName) {
        this.root = root;
        this.values = values;
        this.serviceName = serviceName;
    }

    /** @param data the data folder */
    ObserveConfig read(Path data) {
        WarmUp warmUp = warmUp(root.optionalSection("warm_up"));
        LatencyLogConfig log = latencyLog(root.optionalSection("latency_log"), data);
        return new ObserveConfig(warmUp, log, traces(root.optionalSection("traces")));
    }

    private WarmUp warmUp(@Nullable Section section) {
        if (section == null) {
            return WarmUp.USUAL;
        }
        WarmUp wanted = new WarmUp(
                values.number(section.optional("operations"), 1, OPERATIONS_MAX, WarmUp.USUAL.operationsMax()),
                values.duration(
                        section.optional("time"),
                        Duration.ofMillis(1),
                        Duration.ofMinutes(10),
                        WarmUp.USUAL.timeMax()));
        section.end();
        return wanted;
    }

    private @Nullable LatencyLogConfig latencyLog(@Nullable Section section, Path data) {
        LatencyLogConfig usual = LatencyLogConfig.in(data.resolve("latency"));
        if (section == null) {
            return usual;
        }
        boolean wanted = values.flag(section.optional("enabled"), true);
        Path folder =
                section.has("folder") ? values.path(section.optional("folder"), NamedFile.Kind.FOLDER) : usual.folder();
        Duration period =
                values.duration(section.optional("period"), Duration.ofSeconds(1), Duration.ofHours(1), usual.period());
        long file = values.size(section.optional("file_size"), MEBI, 1024 * MEBI, usual.fileBytesMax());
        Duration age = values.duration(
                section.optional("file_age"), Duration.ofHours(1), Duration.ofDays(366), usual.fileAgeMax());
        long all = values.size(section.optional("size"), MEBI, 1024 * 1024 * MEBI, usual.bytesMax());
        if (all < file) {
            section.fault("size", "is less than one file may take: make it larger, or file_size smaller");
            all = file;
        }
        section.end();
        return wanted ? new LatencyLogConfig(folder, period, file, age, all) : null;
    }

    private @Nullable TraceConfig traces(@Nullable Section section) {
        if (section == null) {
            return null;
        }
        Item place = section.required("endpoint");
        URI endpoint = place != null && onThisMachine(place.text()) ? URI.create(place.text()) : values.url(place);
        String share = values.text(section.optional("sample"), SHARE, "a share from 0 to 1, for example 0.01");
        Item trusted = section.optional("trusted_certificates");
        Path certificates = trusted == null ? null : values.path(trusted, NamedFile.Kind.PUBLIC);
        section.end();
        return endpoint == null
                ? null
                : new TraceConfig(
                        endpoint,
                        certificates,
                        SHARE.matcher(share).matches() ? Double.parseDouble(share) : 0,
                        serviceName);
    }

    /** Spans name keys and callers' addresses: without TLS only to a collector on this machine. */
    private static boolean onThisMachine(String text) {
        if (!ON_THIS_MACHINE.matcher(text).matches()) {
            return false;
        }
        try {
            return InetAddress.ofLiteral(URI.create(text).getHost()).isLoopbackAddress();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
