// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

/** How a worker stands beside other threads that want its core. Everything on the worker's own thread. */
interface Standing {
    /** Takes its core, before the first operation. */
    void settle();

    /** An operation begins. */
    void begins();

    /** It has ended, after this long on the wall. */
    void ended(long wallNanos);

    /** A fast worker's: nobody is before it. */
    static Standing fast(Cores cores, int worker) {
        return new Standing() {
            @Override
            public void settle() {
                cores.toFastWorker(worker);
            }

            @Override
            public void begins() {}

            @Override
            public void ended(long wallNanos) {}
        };
    }
}
