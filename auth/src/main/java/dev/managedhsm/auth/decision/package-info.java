// SPDX-License-Identifier: Apache-2.0
/**
 * May they: principal, data action and scope to a {@link dev.managedhsm.auth.decision.Permit} or a {@link
 * dev.managedhsm.auth.decision.Denial}.
 *
 * <pre>
 *   principal ────────┐
 *   data action ──────┼──&gt; Authoriser ──&gt; Permit (the assignment that decided)
 *   key name, scope ──┘       ▲      └──&gt; Denial (data action and scope, for the caller's error message)
 *                             │
 *   RoleSnapshot ─────────────┘ replaced as a whole; a reader sees the old one or the new one
 * </pre>
 */
@NullMarked
package dev.managedhsm.auth.decision;

import org.jspecify.annotations.NullMarked;
