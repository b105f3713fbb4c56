// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.algorithm.Residue;
import dev.managedhsm.crypto.foreign.LibraryFailure;
import java.util.function.Supplier;

/**
 * Work of the native libraries outside the ring, by a platform thread: their failures become the engine's, and what they leave of
 * secrets with the thread is overwritten. Workers of the ring see to both themselves.
 */
final class NativeCall {
    private NativeCall() {}

    /** How work ends: a failure of it is what is thrown, also if overwriting fails too. */
    private interface Ending extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Does work.
     *
     * @return what it answers
     * @throws EngineFailure if the library failed in it or afterwards; the HSM must move to failed
     */
    static <T> T of(Supplier<T> work) {
        try (Ending _ = Residue::overwrite) {
            return work.get();
        } catch (LibraryFailure e) {
            throw new EngineFailure(String.valueOf(e.getMessage()));
        }
    }

    /** The same for work without an answer. */
    static void run(Runnable work) {
        of(() -> {
            work.run();
            return true;
        });
    }
}
