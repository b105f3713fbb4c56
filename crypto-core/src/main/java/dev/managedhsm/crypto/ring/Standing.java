// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

/** How a worker stands beside other threads that want its core. Everything on the worker's own thread. */
interface Standing {
    /** Takes its core, before the first operation. */
    void settle();

    /** The engine begins to compute: until {@link #computed} the thread holds nothing that an event loop or another lane waits for. */
    void computes();

    /** The engine has computed, or broken its promise. */
    void computed();

    /** A fast worker's: nobody is before it. */
    static Standing fast(Cores cores, int worker) {
        return new Standing() {
            @Override
            public void settle() {
                cores.toFastWorker(worker);
            }

            @Override
            public void computes() {}

            @Override
            public void computed() {}
        };
    }
}
