// SPDX-License-Identifier: Apache-2.0
/**
 * The facts of a key: name, version, type, permitted operations, attributes, public part. No secret bytes.
 *
 * <p>Everything here is immutable and may be read by any thread.
 */
@NullMarked
package dev.managedhsm.crypto.key;

import org.jspecify.annotations.NullMarked;
