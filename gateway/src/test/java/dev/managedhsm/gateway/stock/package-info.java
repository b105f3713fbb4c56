// SPDX-License-Identifier: Apache-2.0
/**
 * Azure's own client for Java, unchanged, against a running HSM.
 *
 * <p>Its managed-identity credential reads the environment, so it runs in a JVM of its own, which knows nothing but what
 * an operator would give it: the environment, a trust store, a host name. What it finds comes back as one line a check.
 *
 * <pre>
 *   StockClientIT ──starts──> RunningHsm <──HTTPS── JVM: StockClient ──> KeyChecks, SignatureChecks, EncryptionChecks,
 *         ^                                                  │               RoleChecks
 *         └───────────────── file of outcomes ───────────────┘
 * </pre>
 */
@NullMarked
package dev.managedhsm.gateway.stock;

import org.jspecify.annotations.NullMarked;
