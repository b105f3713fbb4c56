// SPDX-License-Identifier: Apache-2.0
/**
 * Loads a gateway as its users do, with Gatling: scenarios over HTTP/2 with tokens of the managed-identity endpoint, what
 * must hold of them, and a report in HTML.
 *
 * <pre>
 *   Load ─▶ LiveHsm, its keys ─▶ Gatling ─▶ KeyLoad (Scenario, Profile) ══TLS══▶ LiveHsm
 * </pre>
 */
@NullMarked
package dev.managedhsm.perf.load;

import org.jspecify.annotations.NullMarked;
