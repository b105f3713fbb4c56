// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.key.KeyFault;

/**
 * How a change ended.
 *
 * @param <T> what a change that was made gives back
 */
public sealed interface LifecycleAnswer<T> {
    /**
     * The change is durable and visible.
     *
     * @param value what it gives back
     * @param <T> its type
     */
    record Done<T>(T value) implements LifecycleAnswer<T> {}

    /**
     * Nothing was changed.
     *
     * @param refusal why
     * @param <T> what a change that was made would have given back
     */
    record Refused<T>(LifecycleRefusal refusal) implements LifecycleAnswer<T> {}

    /**
     * Nothing was changed, because the key that was to be imported is not one to trust.
     *
     * @param fault what is wrong with it
     * @param <T> what a change that was made would have given back
     */
    record BadKey<T>(KeyFault fault) implements LifecycleAnswer<T> {}
}
