// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import org.jspecify.annotations.Nullable;

/**
 * How a store is.
 *
 * @param description what it is and where, in one line
 * @param revision of the last commit
 * @param failure why it takes no commits any more, in one sentence; null while it takes them
 */
public record StoreHealth(
        String description, long revision, @Nullable String failure) {}
