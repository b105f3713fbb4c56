// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

/**
 * Where a log ends.
 *
 * @param segmentFirst index of the first event of the last segment
 * @param next index of the event that comes next
 * @param position where its line goes in the last segment, in bytes
 * @param segmentMillis when the last segment began, since 1970, as far as its file tells
 * @param tree the tree of all events
 */
record LogEnd(long segmentFirst, long next, long position, long segmentMillis, MerkleTree tree) {}
