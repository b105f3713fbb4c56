// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where copies of events go. Immutable.
 *
 * @param host of a syslog receiver
 * @param port of a syslog receiver
 * @param tls whether TLS is spoken (RFC 5425); otherwise plain TCP (RFC 6587)
 * @param trusted the only certificates that are trusted there, PEM; null for those of the JDK
 * @param closeNotify whether TLS itself must confirm (close_notify); otherwise the end of TCP beneath it will do, which anybody
 *     on the way can make
 * @param format what a message holds
 * @param confirmEvery how long a connection lasts; its end confirms what was sent
 */
public record ForwardConfig(
        String host,
        int port,
        boolean tls,
        @Nullable Path trusted,
        boolean closeNotify,
        Format format,
        Duration confirmEvery) {
    /** How long a connection lasts unless somebody says otherwise. */
    public static final Duration CONFIRM_DEFAULT = Duration.ofSeconds(10);

    /** What a message holds. */
    public enum Format {
        /** The event as it is in the log. */
        JSON,
        /** The event in ArcSight's Common Event Format. */
        CEF
    }
}
