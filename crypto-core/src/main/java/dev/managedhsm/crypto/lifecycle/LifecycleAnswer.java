// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

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
}
