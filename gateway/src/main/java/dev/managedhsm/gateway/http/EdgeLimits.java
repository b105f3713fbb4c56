// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import dev.managedhsm.crypto.lifecycle.KeyBackups;
import dev.managedhsm.crypto.operation.Limits;

/** Every number that bounds a connection or a request, with the relations between them checked when the class is loaded. */
public final class EdgeLimits {
    /** Longest request body, in bytes. */
    public static final int BODY_LENGTH_MAX = 64 * 1024;

    /** Longest body of a request that may have a long one, in bytes: what a backup of a key gives out must fit. */
    public static final int LONG_BODY_LENGTH_MAX = 4 * 1024 * 1024;

    /** Memory that all event loops together hold for long bodies, beside that for ordinary ones, in bytes. */
    public static final int LONG_BODIES_BYTES_MAX = 16 * 1024 * 1024;

    /** Longest list of request headers, in bytes: tokens with many groups need more than the usual 8 KiB. */
    public static final int HEADERS_LENGTH_MAX = 16 * 1024;

    /** Streams that one HTTP/2 connection can have open. */
    public static final int STREAMS_MAX = 256;

    /** Connections of one event loop. */
    public static final int CONNECTIONS_MAX = 8192;

    /** Memory that all event loops together hold for bodies, in bytes: half of what the JVM may take off the heap. */
    public static final int INTAKE_BYTES_MAX = 64 * 1024 * 1024;

    /** Body bytes beyond the limit that are read and dropped so that the client can read its refusal. */
    public static final int DISCARD_BYTES_MAX = 8 * 1024 * 1024;

    /** How long a body may take to arrive, in milliseconds. */
    public static final long BODY_MILLIS_MAX = 10_000;

    /** How long a connection may be silent, in seconds. */
    public static final int IDLE_SECONDS_MAX = 120;

    /** How long a TLS handshake may take, in seconds. */
    public static final int HANDSHAKE_SECONDS_MAX = 5;

    /** Reset streams that one HTTP/2 connection may cause in {@link #RESET_WINDOW_SECONDS}. */
    public static final int RESETS_MAX = 1000;

    /** The window for {@link #RESETS_MAX}, in seconds. */
    public static final int RESET_WINDOW_SECONDS = 30;

    /** Control frames that one HTTP/2 connection has in store; see {@link Http2BodyTap}. */
    public static final int CONTROL_FRAMES_MAX = 1000;

    /** Tokens not seen before that one connection may bring at once. */
    public static final int TOKEN_MISSES_MAX = 32;

    /** How long until a connection may bring one more such token, in nanoseconds. */
    public static final long TOKEN_MISS_REFILL_NANOS = 100_000_000;

    /** How long a client may take for an answer that holds one of few places, in milliseconds. */
    public static final long LONG_ANSWER_MILLIS_MAX = 30_000;

    /** Tokens of all connections waiting for verification. */
    public static final int TOKEN_QUEUE_MAX = 1024;

    /** Steps of key releases of all connections waiting for a thread. */
    public static final int RELEASE_QUEUE_MAX = 64;
    /** Tokens of one event loop that wait for their issuer's keys. */
    public static final int TOKENS_WAITING_MAX = 512;

    /** How long such a token waits, in milliseconds. */
    public static final long KEY_WAIT_MILLIS_MAX = 2_000;

    /** When a caller is asked to come back whose issuer's keys are stale, in seconds. */
    public static final long KEYS_RETRY_SECONDS = 30;

    /** How long an operation may wait for a worker unless the client says less, in nanoseconds. */
    public static final long OPERATION_WAIT_NANOS_MAX = 5_000_000_000L;

    static {
        if (BODY_LENGTH_MAX < Limits.INPUT_LENGTH_MAX * 4 / 3 + 1024) {
            throw new IllegalStateException("a body must be able to carry a longest input");
        }
        if (LONG_BODY_LENGTH_MAX < KeyBackups.TEXT_LENGTH_MAX / 3 * 4 + 1024) {
            throw new IllegalStateException("a long body must be able to carry a longest backup");
        }
        if (LONG_BODIES_BYTES_MAX < 2 * LONG_BODY_LENGTH_MAX) {
            throw new IllegalStateException("a long body must be able to grow");
        }
        if (INTAKE_BYTES_MAX < STREAMS_MAX * BODY_LENGTH_MAX) {
            throw new IllegalStateException("one connection's streams must fit the intake");
        }
    }

    private EdgeLimits() {}
}
