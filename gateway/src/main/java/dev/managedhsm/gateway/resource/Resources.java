// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.auth.decision.Authoriser;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.lifecycle.HsmState;
import dev.managedhsm.crypto.lifecycle.KeyLifecycle;
import dev.managedhsm.crypto.ring.OperationRing;
import dev.managedhsm.gateway.http.Edge;
import dev.managedhsm.gateway.observe.Watch;
import dev.managedhsm.gateway.refusal.RefusalLog;
import dev.managedhsm.gateway.wire.KeyBody;
import java.util.ArrayList;
import java.util.List;

/**
 * What the routes of all event loops share. Immutable; any event loop.
 *
 * @param state the HSM's condition
 * @param authoriser who may do what
 * @param keyring the living keys
 * @param lifecycle changes to keys
 * @param roleChanges changes to roles
 * @param backups backup and restore of keys
 * @param domains the security domain
 * @param fullBackups backup and restore of the whole HSM
 * @param randomBytes random bytes for callers
 * @param attestations attestations of keys
 * @param releasing lets keys go to attested environments
 * @param ring the way to the engine
 * @param watch what operators look at, all histograms included
 * @param refusals what is remembered of refused tokens
 * @param baseUrl scheme, host and port of identifiers, without a slash at the end
 * @param slotsPerLoop how many operations of one event loop can be in the machine at once
 */
public record Resources(
        HsmState state,
        Authoriser authoriser,
        Keyring keyring,
        KeyLifecycle lifecycle,
        RoleChanges roleChanges,
        Backups backups,
        SecurityDomains domains,
        FullBackups fullBackups,
        RandomBytes randomBytes,
        KeyAttestations attestations,
        Releasing releasing,
        OperationRing ring,
        Watch watch,
        RefusalLog refusals,
        String baseUrl,
        int slotsPerLoop) {
    HsmAccess access() {
        return new HsmAccess(state, authoriser);
    }

    KeyOperations keyOperations(Edge edge) {
        return new KeyOperations(
                access(), keyring, ring, baseUrl, watch.latency().recorder(), slotsPerLoop, edge);
    }

    Security security() {
        return new Security(refusals);
    }

    RoleRequests roles() {
        return new RoleRequests(access(), roleChanges, baseUrl);
    }

    /** All that the router answers for, the more specific paths first. */
    List<Endpoint> endpoints() {
        KeyBody body = new KeyBody(baseUrl, lifecycle.policy());
        List<Endpoint> endpoints = new ArrayList<>(backups.endpoints());
        endpoints.addAll(domains.endpoints());
        endpoints.addAll(fullBackups.endpoints());
        endpoints.addAll(attestations.endpoints());
        endpoints.addAll(new Releases(keyring, releasing, body, baseUrl).endpoints());
        endpoints.addAll(new KeyRotations(keyring, lifecycle, body, baseUrl).endpoints());
        endpoints.addAll(new Keys(keyring, lifecycle, body, baseUrl).endpoints());
        endpoints.addAll(randomBytes.endpoints());
        return endpoints;
    }
}
