// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.budget;

import dev.managedhsm.crypto.foreign.CLibrary;
import dev.managedhsm.perf.micro.RingLoop;
import dev.managedhsm.perf.micro.WorkerThread;
import java.util.concurrent.TimeUnit;

/** Measures one slice of the engine or of the ring, by CPU time of the thread that executes. One thread. */
final class Slices {
    private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final double NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int[] CORES = CLibrary.allowedCores();

    /** Operations between two looks at the clock. */
    private static final int CHUNK = 64;

    /** The core of the ring's fast worker, on which everything is measured. */
    static final int CORE = CORES.length == 0 ? 0 : CORES[CORES.length - 1];

    private static final int CORE_OF_THE_LOOP = CORES.length == 0 ? 0 : CORES[0];

    private Slices() {}

    /** Moves the calling thread, and what it starts, to the measured core. */
    static boolean onMeasuredCore() {
        return CLibrary.bindCurrentThread(CORE);
    }

    /** One call after another on this thread: the engine alone, or a reference. */
    static Rate calls(Runnable call) {
        onMeasuredCore();
        WorkerThread caller = WorkerThread.current();
        long startNanos = System.nanoTime();
        long startCpu = caller.cpuNanos();
        long operations = 0;
        long cpu;
        do {
            for (int i = 0; i < CHUNK; i++) {
                call.run();
            }
            operations += CHUNK;
            cpu = caller.cpuNanos() - startCpu;
        } while (cpu < SLICE_NANOS);
        return Rate.of(operations, cpu / NANOS, startNanos);
    }

    /** Through the ring and back: this thread is the event loop, on the first core; the worker's CPU time counts. */
    static Rate ring(RingLoop loop) {
        WorkerThread worker = loop.worker();
        CLibrary.bindCurrentThread(CORE_OF_THE_LOOP);
        loop.fill();
        for (int i = 0; i < CHUNK; i++) {
            loop.step();
        }
        long startNanos = System.nanoTime();
        long startCpu = worker.cpuNanos();
        long operations = 0;
        long cpu;
        do {
            for (int i = 0; i < CHUNK; i++) {
                loop.step();
            }
            operations += CHUNK;
            cpu = worker.cpuNanos() - startCpu;
        } while (cpu < SLICE_NANOS);
        Rate rate = Rate.of(operations, cpu / NANOS, startNanos);
        loop.drain();
        return rate;
    }
}
