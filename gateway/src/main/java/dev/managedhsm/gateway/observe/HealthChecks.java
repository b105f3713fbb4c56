// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.observe;

import dev.managedhsm.auth.token.KeyRefresh;
import dev.managedhsm.gateway.audit.AuditHealth;
import dev.managedhsm.gateway.forward.ForwardHealth;
import dev.managedhsm.gateway.store.StoreHealth;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What facts mean for the HSM's health, one check each. Stateless; any thread, unless it asks a disk. */
public final class HealthChecks {
    /** Somebody has to renew a certificate, and has other things to do. */
    private static final Duration CERTIFICATE_LEFT_MIN = Duration.ofDays(14);

    private HealthChecks() {}

    /** Whether the store, and its witness where keys are open, takes changes. */
    public static Check store(StoreHealth store) {
        String failure = store.failure();
        return Check.readiness(
                "store",
                failure == null,
                failure == null
                        ? store.description() + " takes changes, and is at revision " + store.revision()
                        : store.description() + " takes no changes until the HSM is started anew: " + failure);
    }

    /** Whether requests can be recorded, without which none is answered. */
    public static Check audit(AuditHealth audit) {
        String failure = audit.failure();
        return Check.readiness(
                "audit",
                failure == null,
                failure == null
                        ? audit.events() + " events are durable, " + audit.lagEvents() + " are on their way"
                        : "nothing can be recorded: " + failure);
    }

    /** Whether the audit log gets its signed checkpoints. */
    public static Check checkpoints(AuditHealth audit) {
        String failure = audit.signingFailure();
        String last = audit.signedMillis() == 0
                ? "none was due since the start"
                : "the last one is of " + Instant.ofEpochMilli(audit.signedMillis());
        return new Check("audit-checkpoints", Check.Kind.DURABILITY, failure == null, failure == null ? last : failure);
    }

    /** Whether copies of audit events get to their receiver. */
    public static Check forwarding(ForwardHealth forward) {
        String failure = forward.failure();
        String waiting = forward.lagEvents() + " events wait to be confirmed, the oldest for "
                + forward.lag().toSeconds() + " s";
        return new Check(
                "audit-forward",
                Check.Kind.WATCH,
                forward.keepsUp(),
                failure == null ? waiting : waiting + ": " + failure);
    }

    /** Whether tokens of at least one issuer can be judged. */
    public static Check tokenKeys(List<KeyRefresh.State> issuers, long nowSeconds) {
        long fresh = issuers.stream()
                .filter(issuer -> nowSeconds < issuer.freshUntilSeconds())
                .count();
        return Check.readiness(
                "token-keys",
                fresh > 0,
                fresh > 0
                        ? "the keys of " + fresh + " of " + issuers.size() + " token issuers are fresh"
                        : "the keys of no token issuer are fresh: no token can be accepted");
    }

    /** Whether the keys of each issuer are fresh. */
    public static List<Check> issuers(List<KeyRefresh.State> issuers, long nowSeconds) {
        return issuers.stream()
                .map(issuer -> {
                    boolean fresh = nowSeconds < issuer.freshUntilSeconds();
                    String failure = issuer.failure();
                    String until = issuer.freshUntilSeconds() == Long.MAX_VALUE
                            ? "its keys are fixed"
                            : "its keys are believed until " + Instant.ofEpochSecond(issuer.freshUntilSeconds());
                    return new Check(
                            "issuer-" + issuer.issuerName(),
                            Check.Kind.WATCH,
                            fresh && failure == null,
                            failure == null ? fresh ? until : "its keys are stale" : failure);
                })
                .toList();
    }

    /** What has not been warmed up. */
    public static Check cold(String why) {
        return Check.readiness("warm-up", false, why);
    }

    /** What has been warmed up. */
    public static Check warm() {
        return Check.readiness("warm-up", true, "the hot path has been run on every event loop and worker");
    }

    /** Whether there is room on the disks of these folders. Asks the disks. */
    public static List<Check> disks(Map<String, Path> folders) {
        return new TreeMap<>(folders)
                .entrySet().stream()
                        .map(entry -> DiskSpace.of(entry.getValue()).check(entry.getKey(), entry.getValue()))
                        .toList();
    }

    /** Whether the store and the disks answered when they were asked for what the report says of them. */
    public static Check answering(BoundedReading.Read<?> read, Duration waitMax) {
        String within = "within " + waitMax.toMillis() + " ms";
        return new Check(
                "disk-answers",
                Check.Kind.DURABILITY,
                read.fresh(),
                read.fresh()
                        ? "the store and the disks answer " + within
                        : "the store or a disk does not answer " + within
                                + ": what is said of custody and disks was so "
                                + read.age().toSeconds() + " s ago; look at the disks");
    }

    /** Whether the certificate in use holds for long enough to be renewed without haste. */
    public static Check certificate(X509Certificate server, Instant now) {
        Instant end = server.getNotAfter().toInstant();
        Duration life = Duration.between(server.getNotBefore().toInstant(), end);
        Duration wanted = life.dividedBy(10);
        if (wanted.compareTo(CERTIFICATE_LEFT_MIN) > 0) {
            wanted = CERTIFICATE_LEFT_MIN;
        }
        boolean held = Duration.between(now, end).compareTo(wanted) > 0;
        return new Check(
                "tls-certificate",
                Check.Kind.WATCH,
                held,
                "the certificate in use ends at " + end + (held ? "" : ": put a newer one in its place"));
    }
}
