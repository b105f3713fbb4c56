// SPDX-License-Identifier: Apache-2.0
/**
 * What may be granted to whom, and where: data actions, role definitions, scopes, role assignments.
 *
 * <pre>
 *   principal id ──┐
 *   scope ─────────┼──&gt; role assignment ──&gt; role definition ──&gt; data actions
 *                  │                             │
 *                  └── at most as limits say     └── built-in (fixed GUID) or custom
 * </pre>
 *
 * <p>Everything here is immutable and may be read by any thread. A change makes a new {@link
 * dev.managedhsm.auth.role.RoleSnapshot}.
 */
@NullMarked
package dev.managedhsm.auth.role;

import org.jspecify.annotations.NullMarked;
