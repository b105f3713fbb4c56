// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import java.time.Duration;
import java.util.stream.Stream;

/** CPU time of a server: of its process and those that it started. The system counts it in ticks of 10 ms. */
public final class ServerCpu {
    private final ProcessHandle process;

    /** Of this process and its descendants. */
    public ServerCpu(ProcessHandle process) {
        this.process = process;
    }

    /** Nanoseconds until now. */
    public long nanos() {
        return Stream.concat(Stream.of(process), process.descendants())
                .mapToLong(one ->
                        one.info().totalCpuDuration().orElse(Duration.ZERO).toNanos())
                .sum();
    }
}
