// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

/** How a commit ended. */
public sealed interface Commit {
    /**
     * All writes are durable.
     *
     * @param revision the store's revision since then
     */
    record Committed(long revision) implements Commit {}

    /** A guard did not hold; nothing was written. */
    record Conflict() implements Commit {}

    /**
     * Nothing was written, and nothing of it will appear later.
     *
     * @param reason why, in one sentence
     */
    record NotCommitted(String reason) implements Commit {}

    /**
     * It cannot be told now whether the writes were made.
     *
     * @param reason why, in one sentence
     */
    record Unknown(String reason) implements Commit {}
}
