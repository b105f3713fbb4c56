// SPDX-License-Identifier: Apache-2.0
/**
 * The HTTP/2 and HTTP/1.1 edge: TLS, limits, bodies off the heap, tokens, standard headers. Knows no resource.
 *
 * <pre>
 *   channel ─ ssl ─ flush consolidation ─ BodyTap ─ Vert.x ─▶ Exchange ─▶ routes
 *                                            │                    ▲
 *                                            └─ Intake (direct) ──┘  body bytes never become heap bytes
 *
 *   channel ─ ssl ─ flush consolidation ─┬─ Vert.x's response ◀── Departure ◀─ durable ◀─ Ending ◀─ Exchange
 *                                        └─ Answers (direct) ◀──────┘  key operations that succeeded
 * </pre>
 */
@NullMarked
package dev.managedhsm.gateway.http;

import org.jspecify.annotations.NullMarked;
