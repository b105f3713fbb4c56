// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.observe;

import dev.managedhsm.auth.token.KeyRefresh;
import dev.managedhsm.auth.token.TokenCache;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.latency.LatencyBook;
import dev.managedhsm.crypto.lifecycle.HsmState;
import dev.managedhsm.crypto.ring.OperationRing;
import dev.managedhsm.gateway.audit.AuditHealth;
import dev.managedhsm.gateway.forward.ForwardHealth;
import dev.managedhsm.gateway.http.EdgeCounters;
import dev.managedhsm.gateway.pulse.Exemplar;
import dev.managedhsm.gateway.refusal.RefusalLog;
import dev.managedhsm.gateway.store.Store;
import dev.managedhsm.gateway.trace.Traces;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where figures come from. Everything may be asked by any thread that may wait for a disk.
 *
 * @param state the HSM's condition
 * @param latency all histograms
 * @param slow single operations of the tail, of the last minutes
 * @param log latencies by interval, in files; null if there is none
 * @param traces traced requests; null if none are
 * @param edges what each event loop counts
 * @param tokens verified tokens
 * @param issuers how fresh the keys of each token issuer are
 * @param refusals what is remembered of refused tokens
 * @param audit how the audit log is
 * @param forwarding how far copies of audit events are; null if none are made
 * @param store where sealed records are kept
 * @param open what there is while keys are open; null while they are not
 * @param certificateEnd when the certificate in use ends
 * @param folders folders whose disks must not be full, by name
 * @param build what runs: names and values of {@code hsm_build_info}
 * @param clock wall clock
 */
public record Sources(
        HsmState state,
        LatencyBook latency,
        Supplier<List<Exemplar>> slow,
        @Nullable LatencyLog log,
        @Nullable Traces traces,
        Supplier<List<EdgeCounters>> edges,
        TokenCache tokens,
        Supplier<List<KeyRefresh.State>> issuers,
        RefusalLog refusals,
        Supplier<AuditHealth> audit,
        Supplier<@Nullable ForwardHealth> forwarding,
        Store store,
        Supplier<@Nullable Open> open,
        Supplier<Instant> certificateEnd,
        Map<String, Path> folders,
        Map<String, String> build,
        InstantSource clock) {
    /** Copies the maps. */
    public Sources {
        folders = Map.copyOf(folders);
        build = Map.copyOf(build);
    }

    /**
     * What there is while keys are open.
     *
     * @param ring the way to the engine
     * @param keyring the living keys
     * @param store the store with its witness
     */
    public record Open(OperationRing ring, Keyring keyring, Store store) {}
}
