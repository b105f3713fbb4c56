// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.gateway.wire.WireError;

/**
 * How a change of roles ended.
 *
 * @param <T> what a change that was made gives back
 */
sealed interface RoleAnswer<T> {
    /**
     * The change is durable and in use.
     *
     * @param value what it gives back
     * @param <T> its type
     */
    record Done<T>(T value) implements RoleAnswer<T> {}

    /**
     * Nothing was changed.
     *
     * @param error why, for the caller
     * @param <T> what a change that was made would have given back
     */
    record Refused<T>(WireError error) implements RoleAnswer<T> {}
}
