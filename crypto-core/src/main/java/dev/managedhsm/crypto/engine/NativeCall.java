// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.algorithm.Residue;
import dev.managedhsm.crypto.foreign.LibraryFailure;
import java.util.function.Supplier;

/**
 * Work of the native libraries outside the ring, by a platform thread: their failures become the engine's, and of the secrets they
 * saw nothing stays with the thread. Workers of the ring see to both themselves.
 */
final class NativeCall {
    private NativeCall() {}

    static <T> T of(Supplier<T> work) {
        try {
            try {
                return work.get();
            } finally {
                Residue.overwrite();
            }
        } catch (LibraryFailure e) {
            throw new EngineFailure(String.valueOf(e.getMessage()));
        }
    }

    static void run(Runnable work) {
        of(() -> {
            work.run();
            return true;
        });
    }
}
