// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.observe;

import dev.managedhsm.auth.token.KeyRefresh;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.lifecycle.HsmCondition;
import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.ring.LaneGauge;
import dev.managedhsm.crypto.ring.OperationRing;
import dev.managedhsm.gateway.audit.AuditHealth;
import dev.managedhsm.gateway.forward.ForwardHealth;
import dev.managedhsm.gateway.store.StoreHealth;
import dev.managedhsm.gateway.trace.Traces;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.StateSetSnapshot;
import io.prometheus.metrics.model.snapshots.StateSetSnapshot.StateSetDataPointSnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Ring, keys, tokens, custody and store, as figures. */
final class HsmFigures implements MultiCollector {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double MILLIS_PER_SECOND = 1e3;

    /** How long who asks waits for the disks. */
    private static final Duration DISK_WAIT_MAX = Duration.ofSeconds(1);

    private final Sources sources;
    private final Health health;
    private final KeyExpiry expiry;
    private final BoundedReading<Map<String, DiskSpace>> disks;

    HsmFigures(Sources sources, Health health) {
        this.sources = sources;
        this.health = health;
        this.expiry = new KeyExpiry(sources.clock());
        this.disks = new BoundedReading<>("disks", this::room, Map.of(), DISK_WAIT_MAX);
    }

    @Override
    public MetricSnapshots collect() {
        Figures figures = new Figures();
        Sources.Open open = sources.open().get();
        condition(figures);
        health(figures);
        custody(figures);
        store(figures, open);
        tokens(figures);
        audit(figures);
        forwarding(figures);
        if (open != null) {
            ring(figures, open.ring());
            keys(figures, open.keyring());
        }
        BoundedReading.Read<Map<String, DiskSpace>> room = disks.read();
        if (room.fresh()) { // a figure that is not there is noticed, one that stands still is not
            room.value().forEach((name, disk) -> disk.figures(figures, name));
        }
        figures.gauge("hsm_tls_certificate_expiry_timestamp_seconds", "When the certificate in use ends", (double)
                sources.certificateEnd().get().getEpochSecond());
        build(figures);
        writers(figures);
        return figures.all();
    }

    private Map<String, DiskSpace> room() {
        Map<String, DiskSpace> room = new TreeMap<>();
        sources.folders().forEach((name, folder) -> room.put(name, DiskSpace.of(folder)));
        return room;
    }

    private void writers(Figures figures) {
        LatencyLog log = sources.log();
        if (log != null) {
            String help = "Intervals of the latency log";
            figures.counter("hsm_latency_log_intervals", help, (double) log.written(), "result", "written");
            figures.counter("hsm_latency_log_intervals", help, (double) log.failed(), "result", "failed");
        }
        Traces traces = sources.traces();
        if (traces != null) {
            String help = "Spans for the collector of traces; of those that are dropped, their requests";
            figures.counter("hsm_spans", help, (double) traces.exported(), "result", "exported");
            figures.counter("hsm_spans", help, (double) traces.failed(), "result", "failed");
            figures.counter("hsm_spans", help, (double) traces.dropped(), "result", "dropped");
        }
    }

    private void build(Figures figures) {
        List<String> labels = new ArrayList<>();
        new TreeMap<>(sources.build()).forEach((name, value) -> {
            labels.add(name);
            labels.add(value);
        });
        figures.add(InfoSnapshot.builder()
                .name("hsm_build")
                .help("What runs")
                .dataPoint(InfoDataPointSnapshot.builder()
                        .labels(Labels.of(labels.toArray(String[]::new)))
                        .build())
                .build());
    }

    private void condition(Figures figures) {
        StateSetDataPointSnapshot.Builder states = StateSetDataPointSnapshot.builder();
        for (HsmCondition condition : HsmCondition.values()) {
            states.state(
                    condition.name().toLowerCase(Locale.ROOT),
                    condition == sources.state().now());
        }
        figures.add(StateSetSnapshot.builder()
                .name("hsm_condition")
                .help("The condition the HSM is in")
                .dataPoint(states.build())
                .build());
    }

    private void health(Figures figures) {
        HealthReport report = health.full();
        figures.gauge("hsm_ready", "Whether requests should be sent here", report.ready());
        for (Check check : report.checks()) {
            boolean custody = check.kind() == Check.Kind.CUSTODY;
            figures.gauge(
                    custody ? "hsm_custody_measure_held" : "hsm_health_check_passed",
                    custody ? "Whether the measure of custody holds" : "Whether the check of health holds",
                    check.held(),
                    custody ? "measure" : "check",
                    check.name());
            if (check.name().equals("security-domain")) {
                figures.gauge(
                        "hsm_security_domain_current", "Whether custodians hold the root key in use", check.held());
            }
        }
    }

    private static void custody(Figures figures) {
        String help = "Memory for secrets, locked or not";
        figures.gauge("hsm_secret_memory_bytes", help, (double) LockedMemory.lockedBytes(), "locked", "true");
        figures.gauge("hsm_secret_memory_bytes", help, (double) LockedMemory.unlockedBytes(), "locked", "false");
    }

    private void store(Figures figures, Sources.@Nullable Open open) {
        StoreHealth store = sources.store().health();
        figures.gauge("hsm_store_healthy", "Whether the store takes commits", store.failure() == null);
        figures.gauge("hsm_store_revision", "Revision of the store's last commit", (double) store.revision());
        if (open != null) {
            boolean witnessed = open.store().health().failure() == null;
            figures.gauge("hsm_witness_healthy", "Whether the witness takes what the store took", witnessed);
        }
    }

    private void audit(Figures figures) {
        AuditHealth audit = sources.audit().get();
        figures.gauge("hsm_audit_healthy", "Whether requests can be recorded", audit.failure() == null);
        figures.counter("hsm_audit_events", "Events that are durable since the log began", (double) audit.events());
        figures.counter("hsm_audit_bytes", "Bytes of events that this process has written", (double) audit.bytes());
        figures.counter("hsm_audit_failures", "Requests that were refused because nothing could be recorded", (double)
                audit.refused());
        figures.gauge("hsm_audit_lag_events", "Events that are not durable yet", (double) audit.lagEvents());
        figures.gauge(
                "hsm_audit_lag_seconds",
                "Age of the oldest event that is being written",
                audit.lag().toNanos() / NANOS_PER_SECOND);
        if (audit.signedMillis() > 0) {
            figures.gauge(
                    "hsm_audit_checkpoint_timestamp_seconds",
                    "When the log was signed last",
                    audit.signedMillis() / MILLIS_PER_SECOND);
        }
    }

    private void forwarding(Figures figures) {
        ForwardHealth forward = sources.forwarding().get();
        if (forward != null) {
            figures.gauge("hsm_audit_forward_lag_events", "Durable events that the receiver has not confirmed", (double)
                    forward.lagEvents());
            figures.gauge(
                    "hsm_audit_forward_lag_seconds",
                    "For how long the oldest of them has waited",
                    forward.lag().toNanos() / NANOS_PER_SECOND);
            figures.counter("hsm_audit_forward_events", "Events that were sent", (double) forward.sent());
        }
    }

    private void tokens(Figures figures) {
        sources.refusals()
                .refusalCounts((issuer, reason, count) -> figures.counter(
                        "hsm_token_refusals", "Refused tokens", (double) count, "issuer", issuer, "reason", reason));
        figures.gauge(
                "hsm_token_cache_entries",
                "Verified tokens that are remembered",
                sources.tokens().size());
        long now = sources.clock().millis() / 1000;
        for (KeyRefresh.State issuer : sources.issuers().get()) {
            figures.gauge(
                    "hsm_issuer_keys_fresh",
                    "Whether the issuer's keys may be believed",
                    now < issuer.freshUntilSeconds(),
                    "issuer",
                    issuer.issuerName());
            if (issuer.freshUntilSeconds() != Long.MAX_VALUE) {
                figures.gauge(
                        "hsm_issuer_keys_fresh_until_timestamp_seconds",
                        "Until when the issuer's keys are believed",
                        (double) issuer.freshUntilSeconds(),
                        "issuer",
                        issuer.issuerName());
            }
        }
    }

    private static void ring(Figures figures, OperationRing ring) {
        for (LaneGauge lane : ring.lanes()) {
            String name = lane.name();
            figures.gauge("hsm_ring_depth", "Operations that wait for a worker", (double) lane.depth(), "lane", name);
            figures.gauge("hsm_ring_capacity", "Operations that can wait", lane.capacity(), "lane", name);
            figures.gauge("hsm_ring_workers", "Workers of the lane", lane.workers(), "lane", name);
            figures.gauge(
                    "hsm_ring_expected_wait_seconds",
                    "How long an operation that came now would wait",
                    lane.waitNanos() / NANOS_PER_SECOND,
                    "lane",
                    name);
            figures.counter(
                    "hsm_ring_busy_seconds",
                    "Time in which workers executed",
                    lane.busyNanos() / NANOS_PER_SECOND,
                    "lane",
                    name);
            figures.counter(
                    "hsm_ring_operations", "Operations that workers took", (double) lane.operations(), "lane", name);
        }
    }

    private void keys(Figures figures, Keyring keyring) {
        figures.gauge("hsm_keys", "Living keys", keyring.keyCount());
        figures.gauge("hsm_deleted_keys", "Deleted keys that can be recovered", keyring.deletedCount());
        figures.gauge("hsm_keys_loaded", "Key versions that are open in the crypto library", keyring.hotCount());
        KeyExpiry.Counts counts = expiry.counts(keyring);
        figures.gauge("hsm_keys_expired", "Enabled keys whose expiry has passed", (double) counts.expired());
        String help = "Enabled keys that expire within this time";
        figures.gauge("hsm_keys_expiring", help, (double) counts.within7Days(), "within", "7d");
        figures.gauge("hsm_keys_expiring", help, (double) counts.within30Days(), "within", "30d");
        if (counts.next() != KeyExpiry.NEVER) {
            figures.gauge("hsm_keys_next_expiry_timestamp_seconds", "The next expiry of a key", (double) counts.next());
        }
    }
}
