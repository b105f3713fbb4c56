// SPDX-License-Identifier: Apache-2.0
/**
 * Measures a whole gateway from outside: on a schedule for latency, with a fixed number in flight for cost.
 *
 * <pre>
 *   Schedule ─▶ OpenLoop ──▶ Sender ══TLS══▶ LiveHsm (hsm dev in a JVM of its own)
 *                  │            ▲
 *                  ▼            └── ClosedLoop ─▶ CPU time of the server per request, in turn with Nginx and openssl
 *            .hlog, LoadFigures (no figure when the target was missed)
 * </pre>
 */
@NullMarked
package dev.managedhsm.perf.rig;

import org.jspecify.annotations.NullMarked;
