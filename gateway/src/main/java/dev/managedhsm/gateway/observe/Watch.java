// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.observe;

import dev.managedhsm.crypto.latency.LatencyBook;
import dev.managedhsm.gateway.evidence.LogEvidence;
import dev.managedhsm.gateway.pulse.Pulse;
import org.jspecify.annotations.Nullable;

/**
 * What operators and their tools look at. Any thread; what each part costs is said there.
 *
 * @param latency all histograms
 * @param log latencies by interval, in files; null if there is none
 * @param metrics all figures
 * @param health whether the HSM is healthy
 * @param pulse how it does at this moment
 * @param evidence what the audit log proves
 */
public record Watch(
        LatencyBook latency,
        @Nullable LatencyLog log,
        Metrics metrics,
        Health health,
        Pulse pulse,
        LogEvidence evidence) {
    /**
     * Everything that is looked at.
     *
     * @param metrics the figures of the process, which the HSM's own are added to
     */
    public static Watch over(Sources sources, Metrics metrics, Health health, Pulse pulse, LogEvidence evidence) {
        metrics.add(new OperationHistograms(sources.latency(), sources.slow()));
        metrics.add(new EdgeFigures(sources.edges()));
        metrics.add(new HsmFigures(sources, health));
        return new Watch(sources.latency(), sources.log(), metrics, health, pulse, evidence);
    }
}
