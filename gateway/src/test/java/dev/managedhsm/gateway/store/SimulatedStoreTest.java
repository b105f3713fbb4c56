// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

/** The simulator keeps the contract too, so what is found with it holds for stores. */
class SimulatedStoreTest extends StoreContract {
    private final SimulatedStore.Disk disk = new SimulatedStore.Disk();

    @Override
    Store open() {
        return new SimulatedStore(disk, null, 1);
    }
}
