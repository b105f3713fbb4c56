// SPDX-License-Identifier: Apache-2.0
/**
 * Bytes outside the heap with exactly one owner: allocate, lock, wipe, close; and what the process does to keep them to
 * itself.
 *
 * <pre>
 *   no access | segment: zeroed, locked, left out of dumps and children | no access
 *   one page                                                             one page
 * </pre>
 */
@NullMarked
package dev.managedhsm.crypto.memory;

import org.jspecify.annotations.NullMarked;
