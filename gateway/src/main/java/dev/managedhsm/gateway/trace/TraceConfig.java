// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.trace;

import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where spans go.
 *
 * @param endpoint the collector's URL for traces, OTLP over HTTP: {@code http://127.0.0.1:4318/v1/traces}
 * @param trustedCertificates the only certificates trusted there, PEM; null for those of the JDK
 * @param sample which share of the requests that bring no trace of their own is traced, 0 to 1
 * @param serviceName what the HSM is called among the services
 */
public record TraceConfig(URI endpoint, @Nullable Path trustedCertificates, double sample, String serviceName) {
    /** A share that is none is a programmer's mistake. */
    public TraceConfig {
        if (!(sample >= 0 && sample <= 1)) {
            throw new IllegalArgumentException("a share is between 0 and 1");
        }
    }
}
