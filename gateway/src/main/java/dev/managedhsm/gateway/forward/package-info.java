// SPDX-License-Identifier: Apache-2.0
/**
 * Copies of the audit log's events go to a syslog receiver, at the receiver's pace and never at the cost of requests.
 *
 * <pre>
 *   events-….jsonl ─▶ EventPages ─▶ SyslogFrame ─▶ TCP or TLS ─▶ receiver
 *         ▲ durable events only                        │ it has read all and said goodbye
 *         └──────────── retention keeps ◀── forward.cursor (durable) ◀┘
 * </pre>
 */
@NullMarked
package dev.managedhsm.gateway.forward;

import org.jspecify.annotations.NullMarked;
