// SPDX-License-Identifier: Apache-2.0
/**
 * How long each stage of each operation took: histograms written by one thread each, read by any.
 *
 * <pre>
 *   event loop 1 ── LatencyRecorder ──┐
 *   event loop 2 ── LatencyRecorder ──┼── LatencyBook ──┬── text, .hlog: since the start
 *   event loop n ── LatencyRecorder ──┘                 └── LatencyIntervals: since the last look
 *                                         (takes intervals, never stops a writer)
 * </pre>
 */
@NullMarked
package dev.managedhsm.crypto.latency;

import org.jspecify.annotations.NullMarked;
