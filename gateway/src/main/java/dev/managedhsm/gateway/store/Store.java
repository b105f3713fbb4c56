// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

/**
 * Keeps records durably, under one revision that counts the commits of the whole store.
 *
 * <p>All methods may be called by any thread and may block on disk or network, so never by an event loop or a worker.
 */
public interface Store extends AutoCloseable {
    /** Revision of the last commit; 0 for an empty store. */
    long head();

    /**
     * Makes all writes of a transaction or none.
     *
     * @return how it ended; {@link Commit.Committed} only when a loss of power would lose nothing of it
     */
    Commit commit(Transaction transaction);

    /**
     * Tells how a commit ended that ended {@link Commit.Unknown}. Each commit leaves a mark of its operation, which is
     * kept for a thousand commits at least.
     *
     * @param operation the transaction's operation
     * @return {@link Commit.Committed}, {@link Commit.NotCommitted}, or still {@link Commit.Unknown}
     */
    Commit settle(String operation);

    /**
     * All records as of one revision, whatever is committed meanwhile. To be closed soon.
     *
     * @throws StoreRefused if the store has failed, or what it would be read from is not what commits went to
     */
    Snapshot snapshot();

    /** How the store is. Does not touch the disk. */
    StoreHealth health();

    /** Finishes the commit that is under way, and gives back everything. */
    @Override
    void close();
}
