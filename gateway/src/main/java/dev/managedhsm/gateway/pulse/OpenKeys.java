// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.pulse;

import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.ring.LaneGauge;
import java.util.List;

/**
 * What there is to look at while keys are open.
 *
 * @param keyring the living keys
 * @param lanes the ring's lanes
 */
public record OpenKeys(Keyring keyring, List<LaneGauge> lanes) {
    /** Copies the list. */
    public OpenKeys {
        lanes = List.copyOf(lanes);
    }
}
