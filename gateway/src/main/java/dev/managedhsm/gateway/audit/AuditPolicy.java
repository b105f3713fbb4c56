// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

/** When an answer may leave. */
public enum AuditPolicy {
    /** When its audit event is durable; if that does not come to pass within the bound, 503 leaves instead. */
    FAIL_CLOSED,
    /** At once, as long as no event waits longer than the bound and not too many do; else as with {@link #FAIL_CLOSED}. */
    BOUNDED_LAG,
    /** At once, and nothing is recorded. For measurements only: no configuration file can say this. */
    UNRECORDED
}
