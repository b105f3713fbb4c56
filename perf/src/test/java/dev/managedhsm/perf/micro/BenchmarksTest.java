// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.micro;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collection;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Every benchmark runs, in this JVM and for a moment: the figures mean nothing here. */
class BenchmarksTest {
    @ParameterizedTest
    @EnumSource
    void executesOnTheEngine(Workload workload) throws RunnerException {
        assertMeasured(brief("NativeEngineBenchmark").param("workload", workload.name()));
    }

    @ParameterizedTest
    @EnumSource
    void goesThroughTheRingAndBack(Workload workload) throws RunnerException {
        assertMeasured(brief("OperationRingBenchmark").param("workload", workload.name()));
    }

    @Test
    void readsAndAnswersARequest() throws RunnerException {
        assertMeasured(brief("OperationReaderBenchmark"));
        assertMeasured(brief("OperationAnswerBenchmark"));
    }

    @Test
    void findsATokenInTheCache() throws RunnerException {
        assertMeasured(brief("TokenCacheBenchmark"));
    }

    @Test
    void tellsWhatTheWorkerSpent() throws RunnerException {
        ChainedOptionsBuilder options = brief("OperationRingBenchmark")
                .param("workload", "HS256")
                .param("inFlight", "64")
                .addProfiler(WorkerProfiler.class);
        var told = new Runner(options.build()).run().iterator().next().getSecondaryResults();
        assertTrue(Objects.requireNonNull(told.get("worker.cpu.norm")).getScore() > 0);
        assertTrue(Objects.requireNonNull(told.get("worker.alloc.norm")).getScore() >= 0);
    }

    private static ChainedOptionsBuilder brief(String benchmark) {
        return new OptionsBuilder()
                .include(benchmark)
                .forks(0)
                .warmupIterations(0)
                .measurementIterations(1)
                .measurementTime(TimeValue.milliseconds(20))
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT);
    }

    private static void assertMeasured(ChainedOptionsBuilder options) throws RunnerException {
        Collection<RunResult> results = new Runner(options.build()).run();
        assertFalse(results.isEmpty());
        results.forEach(result -> assertTrue(result.getPrimaryResult().getScore() > 0));
    }
}
