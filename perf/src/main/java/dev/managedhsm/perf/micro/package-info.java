// SPDX-License-Identifier: Apache-2.0
/**
 * Benchmarks of single parts, each named after the class it measures, on the classes that run in production.
 *
 * <pre>
 *   Workload ──made ready by LiveKeys──▶ Asking ──▶ slot ──▶ engine                              NativeEngineBenchmark
 *                                                   slot ──▶ ring ──▶ worker ──▶ back (RingLoop)  OperationRingBenchmark
 * </pre>
 */
@NullMarked
package dev.managedhsm.perf.micro;

import org.jspecify.annotations.NullMarked;
