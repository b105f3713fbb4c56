// SPDX-License-Identifier: Apache-2.0
/**
 * Where sealed records are kept durably: what a store must do, and the one that is a file on a local disk.
 *
 * <pre>
 *   control worker ---------------> StoreJournal (keys)  --+
 *   role worker --> RoleJournal --> StoreJournal (roles) --+--> Store.commit(guards, writes) --> SqliteStore --> disk, forced
 *                                        |  Unknown?
 *                                        +-----------------------> Store.settle(operation)
 * </pre>
 *
 * <p>A store is not trusted with anything but keeping: what it holds is sealed before it gets there.
 */
@NullMarked
package dev.managedhsm.gateway.store;

import org.jspecify.annotations.NullMarked;
