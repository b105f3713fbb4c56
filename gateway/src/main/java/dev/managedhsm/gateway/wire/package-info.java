// SPDX-License-Identifier: Apache-2.0
/**
 * Azure's words and bodies: names, JSON, base64url, errors. Hand-written where a body belongs to the hot path.
 *
 * <pre>
 *   request body (direct ByteBuf) ── OperationReader ──▶ fields in the slot's off-heap memory
 *   slot's off-heap output        ── OperationAnswer ──▶ response body (direct ByteBuf)
 * </pre>
 *
 * No payload byte passes through the heap on either way.
 */
@NullMarked
package dev.managedhsm.gateway.wire;

import org.jspecify.annotations.NullMarked;
