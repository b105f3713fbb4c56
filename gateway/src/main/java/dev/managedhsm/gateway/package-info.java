// SPDX-License-Identifier: Apache-2.0
/**
 * The gateway put together: its configuration, its start order and its shutdown. Objects are built by hand with
 * {@code new}, in one method.
 */
@NullMarked
package dev.managedhsm.gateway;

import org.jspecify.annotations.NullMarked;
