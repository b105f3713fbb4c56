// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

/** Whom a listener is for. */
public enum Plane {
    /** Applications: keys, key operations, local RBAC. */
    DATA,
    /** Operators: latencies and what else tells how the HSM does. */
    MANAGEMENT
}
