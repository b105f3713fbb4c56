// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

/**
 * A record as it is kept.
 *
 * @param namespace which family of records it belongs to
 * @param key which record of its family it is
 * @param value its bytes
 * @param revision revision of the commit that wrote it last
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares records, and nobody writes to the array
public record StoredRecord(String namespace, String key, byte[] value, long revision) {}
