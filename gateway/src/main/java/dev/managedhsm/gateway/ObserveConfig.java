// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import dev.managedhsm.gateway.observe.LatencyLogConfig;
import dev.managedhsm.gateway.resource.WarmUp;
import dev.managedhsm.gateway.trace.TraceConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What is done so that the HSM can be watched.
 *
 * @param warmUp what is run before the HSM says that it is ready
 * @param latencyLog where latencies are written; null if nowhere
 * @param traces where spans go; null if no request is traced
 */
public record ObserveConfig(
        WarmUp warmUp,
        @Nullable LatencyLogConfig latencyLog,
        @Nullable TraceConfig traces) {
    /** For development: starts quickly, and writes latencies into the folder. */
    public static ObserveConfig development(Path folder) {
        return new ObserveConfig(WarmUp.SHORT, LatencyLogConfig.in(folder), null);
    }
}
