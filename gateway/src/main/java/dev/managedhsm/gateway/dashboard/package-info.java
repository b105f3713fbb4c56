// SPDX-License-Identifier: Apache-2.0
/**
 * The dashboard: files for a browser, and the stream of events that it reads.
 *
 * <pre>
 *   browser ── GET /dashboard ──────────────────▶ DashboardFiles   (no token; nothing secret; strict policy)
 *   browser ── GET /dashboard/stream, token ────▶ DashboardStream ◀── Pulse, an event a second
 * </pre>
 */
@NullMarked
package dev.managedhsm.gateway.dashboard;

import org.jspecify.annotations.NullMarked;
